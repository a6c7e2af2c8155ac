"""How good a rota is: who carries how much, and who is on two rotas at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from server.domain.rota import Rota, Shift, zone_of
from server.domain.rota_layers import DAY, instant

NIGHT, NOON = time(3), time(12)
"""Who is on duty at three has the night, who is at noon of a day off has that day."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one person carries: the time, and how many nights and days off are in it."""

    time: timedelta = timedelta()
    nights: int = 0
    days_off: int = 0


@dataclass(frozen=True, slots=True)
class Overlap:
    """A person on two rotas from `start` until just before `end`."""

    member: str
    other: str
    start: datetime
    end: datetime


def loads(rota: Rota, found: Sequence[Shift]) -> Mapping[str, Load]:
    """Who carries what in shifts of the rota, in order of time."""
    zone, carried = zone_of(rota.zone), dict.fromkeys(sorted(rota.members), Load())
    for shift in found:
        if shift.member is None:
            continue
        load = carried.get(shift.member, Load())
        nights = sum(1 for _ in _days(shift, NIGHT, zone))
        off = sum(day.weekday() > 4 or day in rota.holidays for day in _days(shift, NOON, zone))
        carried[shift.member] = Load(
            load.time + (shift.end - shift.start), load.nights + nights, load.days_off + off
        )
    return carried


def imbalance(carried: Mapping[str, Load]) -> float:
    """How much more the most burdened has than the mean, as a share of it; 0 is even."""
    hours = [load.time / timedelta(hours=1) for load in carried.values()]
    mean = sum(hours) / len(hours) if hours else 0.0
    return max(hours) / mean - 1 if mean else 0.0


def overlaps(mine: Sequence[Shift], others: Mapping[str, Sequence[Shift]]) -> list[Overlap]:
    """When somebody of mine is on another rota too, by time; `others` by the rota's id."""
    held: dict[str, list[Shift]] = defaultdict(list)
    for shift in mine:
        if shift.member is not None:
            held[shift.member].append(shift)
    found = [
        Overlap(member, other, start, end)
        for other, theirs in others.items()
        for member, of_member in held.items()
        for start, end in _shared(of_member, (each for each in theirs if each.member == member))
    ]
    return sorted(found, key=lambda each: (each.start, each.member, each.other))


def _shared(one: Sequence[Shift], other: Iterable[Shift]) -> Iterator[tuple[datetime, datetime]]:
    """The times two ordered lists of shifts have in common."""
    index = 0
    for theirs in other:
        while index < len(one) and one[index].end <= theirs.start:
            index += 1
        at = index
        while at < len(one) and one[at].start < theirs.end:
            yield max(one[at].start, theirs.start), min(one[at].end, theirs.end)
            at += 1


def _days(shift: Shift, at: time, zone: ZoneInfo) -> Iterator[date]:
    """The local days at which a time of day is within the shift."""
    day, last = shift.start.astimezone(zone).date(), shift.end.astimezone(zone).date()
    while day <= last:
        if shift.start <= instant(datetime.combine(day, at), zone) < shift.end:
            yield day
        day += DAY
