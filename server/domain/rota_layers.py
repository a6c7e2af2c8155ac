"""Layers of a rota: whose turn it is, and on which days and hours the layer applies.

All rules are local wall-clock times. One that the clocks skip counts as that much later, one that
they repeat as its first time (PEP 495, fold 0); so days of 23 and of 25 hours are days.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Self
from zoneinfo import ZoneInfo

from server.domain.errors import Invalid, LimitExceeded
from server.domain.texts import storable

MEMBERS_LIMIT = 50
PERIOD_LIMIT_DAYS = 366
PERIOD_LIMIT_HOURS = 24 * PERIOD_LIMIT_DAYS
RESTRICTIONS_LIMIT = 20
LAYER_NAME_LIMIT = 80
YEARS = range(2000, 2200)
HOLIDAY = 7
"""The kind of day that a holiday is, whatever its weekday (0 Monday … 6 Sunday)."""

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rotation:
    """Members in turn from `hour`:`minute` of the anchor date on.

    Each for `period_days`, or for `period_hours` where those are given.
    """

    anchor: date
    hour: int
    period_days: int
    members: tuple[str, ...] = ()
    period_hours: int | None = None
    minute: int = 0

    @classmethod
    def of(
        cls,
        anchor: date,
        hour: int,
        period_days: int,
        members: tuple[str, ...],
        period_hours: int | None = None,
        minute: int = 0,
    ) -> Self:
        """Raises Invalid, LimitExceeded."""
        if anchor.year not in YEARS:
            raise Invalid("The first day is out of reach.", path="rotation.anchor")
        if not 0 <= hour < 24:
            raise Invalid("The hour must be 0 to 23.", path="rotation.hour")
        if not 0 <= minute < 60:
            raise Invalid("The minute must be 0 to 59.", path="rotation.minute")
        if not 1 <= period_days <= PERIOD_LIMIT_DAYS:
            raise Invalid("A turn lasts 1 to 366 days.", path="rotation.period_days")
        if period_hours is not None and not 1 <= period_hours <= PERIOD_LIMIT_HOURS:
            raise Invalid("A turn lasts 1 to 8784 hours.", path="rotation.period_hours")
        if len(members) > MEMBERS_LIMIT:
            raise LimitExceeded(limit="members")
        return cls(anchor, hour, period_days, members, period_hours, minute)

    @property
    def period(self) -> timedelta:
        """How long a turn lasts on the wall clock."""
        return timedelta(hours=self.period_hours or 24 * self.period_days)

    @property
    def first(self) -> datetime:
        """When the first turn begins, on the wall clock."""
        return datetime.combine(self.anchor, time(self.hour, self.minute))

    def start(self, turn: int, zone: ZoneInfo) -> datetime:
        """When a turn begins, in UTC."""
        return instant(self.first + turn * self.period, zone)

    def turn(self, at: datetime, zone: ZoneInfo) -> int:
        """The turn under way; negative before the anchor."""
        turn = (at.astimezone(zone).replace(tzinfo=None) - self.first) // self.period
        while self.start(turn, zone) > at:
            turn -= 1
        while self.start(turn + 1, zone) <= at:  # the clocks went back
            turn += 1
        return turn

    def member(self, turn: int) -> str | None:
        """Whose turn it is."""
        return self.members[turn % len(self.members)] if turn >= 0 and self.members else None

    def spans(self, start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[Span]:
        """The turns that touch `start` … `end`, in order, one where all are one person's."""
        if not self.members:
            return
        if len(set(self.members)) == 1:
            yield Span(self.start(0, zone), end, self.members[0])
            return
        turn = max(self.turn(start, zone), 0)
        since = self.start(turn, zone)
        while since < end:
            until = self.start(turn + 1, zone)
            yield Span(since, until, self.members[turn % len(self.members)])
            turn, since = turn + 1, until


@dataclass(frozen=True, slots=True)
class Span:
    """Somebody's duty from `start` until just before `end`, by one layer."""

    start: datetime
    end: datetime
    member: str


@dataclass(frozen=True, slots=True)
class Restriction:
    """Hours of some kinds of day: from `start` until `end`, of the next day unless later."""

    days: frozenset[int]
    start: time
    end: time

    @classmethod
    def of(cls, days: frozenset[int], start: time, end: time) -> Self:
        """Raises Invalid."""
        if not days or not days <= frozenset(range(HOLIDAY + 1)):
            raise Invalid("Name at least one kind of day.", path="restrictions.days")
        return cls(days, _to_minute(start), _to_minute(end))

    def window(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Its hours that begin on a day, in UTC."""
        last = day if self.end > self.start else day + DAY
        begin = datetime.combine(day, self.start)
        return instant(begin, zone), instant(datetime.combine(last, self.end), zone)


@dataclass(frozen=True, slots=True)
class Layer:
    """A rotation that applies always, or in the hours that any restriction names."""

    rotation: Rotation
    name: str = ""
    restrictions: tuple[Restriction, ...] = ()

    def check(self) -> Self:
        """The same with tidy words. Raises Invalid, LimitExceeded."""
        name = " ".join(self.name.split())
        if len(name) > LAYER_NAME_LIMIT:
            raise Invalid("A layer's name has at most 80 characters.", path="layers.name")
        if len(self.restrictions) > RESTRICTIONS_LIMIT:
            raise LimitExceeded(limit="restrictions")
        return replace(self, name=storable(name, "layers.name"))

    def member(self, at: datetime, zone: ZoneInfo, holidays: frozenset[date]) -> str | None:
        """Whom it names at an instant; None where it leaves duty to the layers below."""
        if not self.applies(at, zone, holidays):
            return None
        return self.rotation.member(self.rotation.turn(at, zone))

    def applies(self, at: datetime, zone: ZoneInfo, holidays: frozenset[date]) -> bool:
        """Whether an instant is in its hours."""
        if not self.restrictions:
            return True
        today = at.astimezone(zone).date()
        return any(
            begin <= at < end
            for day in (today - DAY, today, today + DAY)
            for each in self.restrictions
            if kind_of(day, holidays) in each.days
            for begin, end in [each.window(day, zone)]
        )

    def spans(
        self, start: datetime, end: datetime, zone: ZoneInfo, holidays: frozenset[date]
    ) -> Iterator[Span]:
        """Whom it names in `start` … `end`, in order, without overlap."""
        turns = self.rotation.spans(start, end, zone)
        if not self.restrictions:
            yield from turns
            return
        windows = self._windows(start, end, zone, holidays)
        window = next(windows, None)
        for turn in turns:
            while window is not None and window[0] < turn.end:
                since, until = max(turn.start, window[0]), min(turn.end, window[1])
                if since < until:
                    yield Span(since, until, turn.member)
                if window[1] > turn.end:
                    break  # its rest is in the next turn
                window = next(windows, None)

    def _windows(
        self, start: datetime, end: datetime, zone: ZoneInfo, holidays: frozenset[date]
    ) -> Iterator[tuple[datetime, datetime]]:
        """The hours it applies, joined where they touch, from before `start` to after `end`."""
        held: tuple[datetime, datetime] | None = None
        day, last = start.astimezone(zone).date() - DAY, end.astimezone(zone).date() + DAY
        while day <= last:
            kind = kind_of(day, holidays)
            of_day = [each.window(day, zone) for each in self.restrictions if kind in each.days]
            for begin, until in sorted(of_day):
                if held is not None and begin <= held[1]:
                    held = held[0], max(held[1], until)
                else:
                    if held is not None:
                        yield held
                    held = begin, until
            day += DAY
        if held is not None:
            yield held


def kind_of(day: date, holidays: frozenset[date]) -> int:
    """The weekday, 0 Monday … 6 Sunday, or HOLIDAY."""
    return HOLIDAY if day in holidays else day.weekday()


@lru_cache(maxsize=16_384)
def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """A wall-clock time as an instant in UTC; kept, since many rotas turn at the same hours."""
    return local.replace(tzinfo=zone).astimezone(UTC)


def _to_minute(at: time) -> time:
    return at.replace(second=0, microsecond=0, tzinfo=None)
