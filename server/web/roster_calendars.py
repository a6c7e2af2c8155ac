"""Rosters as calendars (RFC 5545): one event for each duty, with whom as its attendee."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from server.domain.errors import Invalid
from server.domain.rosters import Entry
from server.domain.rota import OVERRIDES_LIMIT
from server.web.roster_repeats import occurrences

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
    """The events of a calendar, each time that one repeats; times without a zone are of the rota's.

    Raises Invalid with the event's number.
    """
    try:
        events = Calendar.from_ical(text).walk("VEVENT")
    except (ValueError, IndexError, KeyError) as error:
        raise Invalid("This is no calendar.", path="text", why="calendar") from error
    found: list[Entry] = []
    for number, event in enumerate(events, 1):
        room = OVERRIDES_LIMIT + 1 - len(found)
        found.extend(islice(_entries(event, number, zone), room))
        if len(found) > OVERRIDES_LIMIT:
            raise Invalid("There are too many events.", path="text", why="many")
    return found


def _entries(event: Any, number: int, zone: ZoneInfo) -> Iterator[Entry]:
    try:
        start, end = _instant(event.start, zone), _instant(event.end, zone)
        people = event.get("attendee", [])
        first = str(people[0] if isinstance(people, list) and people else people or "")
        person = first[len(_MAIL) :] if first.lower().startswith(_MAIL) else ""
        name = str(event.get("summary", ""))
        for begins, ends in occurrences(event, start, end):
            yield Entry(begins.astimezone(UTC), ends.astimezone(UTC), person, name)
    except Invalid as error:
        raise Invalid(str(error), path="text", line=number, why="repeats") from error
    except Exception as error:  # the library raises whatever an event's author provoked
        raise Invalid("An event lacks its times.", path="text", line=number, why="event") from error


def _instant(at: date | datetime, zone: ZoneInfo) -> datetime:
    moment = at if isinstance(at, datetime) else datetime.combine(at, time())
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
