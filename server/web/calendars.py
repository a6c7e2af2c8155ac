"""Appointments as calendar files (RFC 5545); nothing in them tells of the patient's illness."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from icalendar import Alarm, Calendar, Event

from server.domain.consultations import Consultation

PRODUCT = "-//Guardline//Consultations//EN"
REMINDER = timedelta(minutes=-15)


def calendar_of(one: Consultation, centre: str, now: datetime, place: str) -> bytes:
    """The appointment as one event; empty without an appointment."""
    calendar = _component(Calendar(), prodid=PRODUCT, version="2.0", method="PUBLISH")
    at = one.appointment
    if at is not None:
        event = _component(
            Event(),
            uid=f"{one.id}@consultations",
            # A moved appointment replaces the former entry (RFC 5545 §3.8.7.4).
            sequence=len(one.steps),
            dtstamp=now.astimezone(UTC),
            dtstart=at.starts_at.astimezone(UTC),
            dtend=at.ends_at.astimezone(UTC),
            summary=one.title,
            location=centre,
            url=place,
            status="CONFIRMED" if one.documents_open else "TENTATIVE",
        )
        alarm = _component(Alarm(), action="DISPLAY", description=one.title, trigger=REMINDER)
        event.add_component(alarm)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def calendar_response(calendar: bytes, name: str) -> web.Response:
    """A calendar file to download."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
    }
    return web.Response(body=calendar, content_type="text/calendar", headers=headers)


def _component(component: Any, **properties: Any) -> Any:
    for name, value in properties.items():
        component.add(name, value)
    return component
