"""Events that repeat (RFC 5545 §3.3.10), as far as a roster needs: by days or weeks, to an end.

A repetition keeps to the wall clock of its event at both ends, as a rota does: a night from 20:00
to 08:00 is one on the nights of 11 and of 13 hours too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import count, takewhile
from typing import Any

from server.domain.errors import Invalid

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_KNOWN = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "WKST"})
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Repeats:
    """A rule in numbers; `until` on the event's wall clock, days from 0 Monday."""

    is_weekly: bool
    interval: int
    count: int | None
    until: datetime | None
    days: tuple[int, ...]
    week_starts: int

    @classmethod
    def parse(cls, rule: Any, zone: tzinfo) -> Repeats:
        """A rule as the calendar library reads it. Raises Invalid."""
        if not isinstance(rule, dict) or not set(rule) <= _KNOWN:
            raise Invalid("A repetition is by days or weeks.", path="text")
        freq = str(rule["FREQ"][0])
        interval, times = _number(rule, "INTERVAL") or 1, _number(rule, "COUNT")
        until = [_wall(one, zone) for one in rule.get("UNTIL", ())]
        days = [str(one) for one in rule.get("BYDAY", ())]
        starts = str(rule.get("WKST", ["MO"])[0])
        if freq not in ("DAILY", "WEEKLY") or not {*days, starts} <= set(_DAYS):
            raise Invalid("A repetition is by days or weeks.", path="text")
        if times is None and not until:
            raise Invalid("A repetition must have an end.", path="text")
        places = tuple(sorted(_DAYS.index(day) for day in set(days)))
        end = until[0] if until else None
        return cls(freq == "WEEKLY", interval, times, end, places, _DAYS.index(starts))

    def starting(self, first: datetime) -> Iterator[datetime]:
        """When it begins each time, on the wall clock of `first`. Raises Invalid."""
        if self.days and first.weekday() not in self.days:
            raise Invalid("A repetition must begin on one of its own days.", path="text")
        found = (datetime.combine(day, first.time()) for day in self._on(first.date()))
        for number, at in enumerate(takewhile(self._is_before_end, found)):
            if number == self.count:
                return
            yield at

    def _on(self, first: date) -> Iterator[date]:
        if not self.is_weekly:
            days = (first + _DAY * self.interval * turn for turn in count())
            yield from (day for day in days if not self.days or day.weekday() in self.days)
        places = self.days or (first.weekday(),)
        week = first - _DAY * ((first.weekday() - self.week_starts) % 7)
        offsets = sorted((place - self.week_starts) % 7 for place in places)
        for turn in count():
            begins = week + _DAY * 7 * self.interval * turn
            yield from (day for off in offsets if (day := begins + _DAY * off) >= first)

    def _is_before_end(self, at: datetime) -> bool:
        return self.until is None or at <= self.until


def occurrences(event: Any, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Beginning and end of each time an event takes place, from those of its first.

    Raises Invalid, and what the library raises.
    """
    if "RDATE" in event or "RECURRENCE-ID" in event:
        raise Invalid("A moved repetition must be an event of its own.", path="text")
    if "RRULE" not in event:
        yield start, end
        return
    zone = start.tzinfo
    assert zone is not None
    first, last = _wall(start, zone), _wall(end, zone)
    left_out = {_wall(one.dt, zone).date() for one in _left_out(event)}
    for at in Repeats.parse(event["RRULE"], zone).starting(first):
        if at.date() not in left_out:
            yield at.replace(tzinfo=zone), (at + (last - first)).replace(tzinfo=zone)


def _left_out(event: Any) -> Iterator[Any]:
    found = event.get("EXDATE", [])
    for one in found if isinstance(found, list) else [found]:
        yield from one.dts


def _number(rule: Any, name: str) -> int | None:
    if name not in rule:
        return None
    (value,) = rule[name]
    if value < 1:
        raise Invalid("A repetition is by days or weeks.", path="text")
    return int(value)


def _wall(at: date, zone: tzinfo) -> datetime:
    """On the zone's wall clock; a day is its last instant."""
    if not isinstance(at, datetime):
        return datetime.combine(at, time.max)
    return at.astimezone(zone).replace(tzinfo=None) if at.tzinfo else at
