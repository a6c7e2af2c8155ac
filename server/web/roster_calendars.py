"""Rosters as calendars (RFC 5545): one event for each duty, with whom as its attendee."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from server.domain.errors import Invalid
from server.domain.rosters import Entry
from server.domain.rota import OVERRIDES_LIMIT

PRODUCT = "-//Guardline//Rotas//EN"
_MAIL = "mailto:"


def to_calendar(entries: Iterable[Entry], rota: str, title: str, now: datetime) -> bytes:
    """A calendar of duties; an event keeps its UID for as long as a duty begins then."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", title)
    for each in entries:
        event = Event()
        event.add("uid", f"{each.start:%Y%m%dT%H%M%S}-{rota}@rotas")
        event.add("dtstamp", now.astimezone(UTC))
        event.add("dtstart", each.start.astimezone(UTC))
        event.add("dtend", each.end.astimezone(UTC))
        event.add("summary", each.name)
        if each.person:
            event.add("attendee", f"{_MAIL}{each.person}")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def from_calendar(text: str, zone: ZoneInfo) -> list[Entry]:
    """The events of a calendar; times without a zone are of the rota's. Raises Invalid."""
    try:
        events = Calendar.from_ical(text).walk("VEVENT")
    except (ValueError, IndexError, KeyError) as error:
        raise Invalid("This is no calendar.", path="text") from error
    if len(events) > OVERRIDES_LIMIT:
        raise Invalid("There are too many events.", path="text")
    return [_entry(event, number, zone) for number, event in enumerate(events, 1)]


def _entry(event: Any, number: int, zone: ZoneInfo) -> Entry:
    if "RRULE" in event or "RDATE" in event:
        raise Invalid("A repeated event must be written out.", path="text", line=number)
    try:
        start, end = _instant(event.start, zone), _instant(event.end, zone)
        people = event.get("attendee", [])
        first = str(people[0] if isinstance(people, list) and people else people or "")
    except Exception as error:  # the library raises whatever an event's author provoked
        raise Invalid("An event lacks its times.", path="text", line=number) from error
    person = first[len(_MAIL) :] if first.lower().startswith(_MAIL) else ""
    return Entry(start, end, person, str(event.get("summary", "")))


def _instant(at: date | datetime, zone: ZoneInfo) -> datetime:
    moment = at if isinstance(at, datetime) else datetime.combine(at, time())
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
