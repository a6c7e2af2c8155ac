"""Rotas: who holds a role when, by local wall clock; every answer is an instant in UTC.

An override goes before a temporary shift, that before the layers; of two of a kind the later one
counts, of the layers the first that names somebody.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from heapq import heappop, heappush
from math import lcm
from typing import Self
from zoneinfo import ZoneInfo

from server.domain.access import Role
from server.domain.errors import Conflict, Invalid, LimitExceeded
from server.domain.rota_layers import YEARS, Layer, Rotation
from server.domain.texts import storable

__all__ = ["Layer", "Override", "Rota", "RotaMoved", "Rotation", "Shift"]

NAME_LIMIT = 120
PHONE_LIMIT = 40
LAYERS_LIMIT = 10
HOLIDAYS_LIMIT = 400
OVERRIDES_LIMIT = 1000
OVERRIDE_LIMIT = timedelta(days=366)
CHANGE_LIMIT = timedelta(days=3660)
"""How far ahead a change is looked for: no rotation in use is still for ten years."""


class RotaMoved(Conflict):
    """Somebody else changed the rota meanwhile."""

    message = "Somebody else has just changed this rota: look again."


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody instead of whom the layers name, from `start` until just before `end`.

    A temporary one is planned (a month's roster, an extra shift), so that others go before it.
    """

    id: str
    start: datetime
    end: datetime
    member: str
    temporary: bool = False

    @classmethod
    def of(
        cls,
        override_id: str,
        start: datetime,
        end: datetime,
        member: str,
        *,
        temporary: bool = False,
    ) -> Self:
        """To the second, as calendars are. Raises Invalid unless it ends within a year."""
        start, end = start.replace(microsecond=0), end.replace(microsecond=0)
        if not start < end <= start + OVERRIDE_LIMIT:
            raise Invalid("It must end after it starts, within a year.", path="end")
        return cls(override_id, start.astimezone(UTC), end.astimezone(UTC), member, temporary)

    def covers(self, at: datetime) -> bool:
        """Whether it is in force."""
        return self.start <= at < self.end


@dataclass(frozen=True, slots=True)
class Rota:
    """Who holds a role of an organisation; `phone` is for when nobody does.

    `second` is the rota asked next; `overrides` stand in the order in which they were made.
    """

    id: str
    organisation: str
    name: str
    role: Role
    zone: str
    phone: str
    layers: tuple[Layer, ...]
    overrides: tuple[Override, ...] = ()
    holidays: frozenset[date] = frozenset()
    second: str | None = None
    version: int = 1

    def check(self) -> Self:
        """The same with tidy words. Raises Invalid, LimitExceeded."""
        name, phone = " ".join(self.name.split()), " ".join(self.phone.split())
        if not 0 < len(name) <= NAME_LIMIT:
            raise Invalid("The name must have 1 to 120 characters.", path="name")
        if len(phone) > PHONE_LIMIT:
            raise Invalid("The phone number must have at most 40 characters.", path="phone")
        if self.second == self.id:
            raise Invalid("A rota cannot be its own second step.", path="second")
        if not self.layers:
            raise Invalid("A rota has at least one layer.", path="layers")
        if len(self.layers) > LAYERS_LIMIT:
            raise LimitExceeded(limit="layers")
        if len(self.holidays) > HOLIDAYS_LIMIT:
            raise LimitExceeded(limit="holidays")
        if any(day.year not in YEARS for day in self.holidays):
            raise Invalid("A holiday is out of reach.", path="holidays")
        zone_of(self.zone)
        return replace(
            self,
            name=storable(name, "name"),
            phone=storable(phone, "phone"),
            layers=tuple(layer.check() for layer in self.layers),
        )

    def override(self, *new: Override) -> Self:
        """Let somebody stand in. Raises LimitExceeded."""
        if len(self.overrides) + len(new) > OVERRIDES_LIMIT:
            raise LimitExceeded(limit="overrides")
        return replace(self, overrides=(*self.overrides, *new))

    @property
    def people(self) -> frozenset[str]:
        """Everybody it names."""
        return self.members | {each.member for each in self.overrides}

    @property
    def members(self) -> frozenset[str]:
        """Everybody its layers name."""
        return frozenset(one for layer in self.layers for one in layer.rotation.members)


@dataclass(frozen=True, slots=True)
class Shift:
    """A stretch of duty from `start` until just before `end`; nobody's when `member` is None."""

    start: datetime
    end: datetime
    member: str | None
    override: str | None = None


def zone_of(name: str) -> ZoneInfo:
    """An IANA time zone. Raises Invalid."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:
        raise Invalid("There is no such time zone.", path="zone") from error


def on_call(rota: Rota, at: datetime) -> str | None:
    """Who holds the role at an instant."""
    for is_temporary in (False, True):
        for each in reversed(rota.overrides):
            if each.temporary is is_temporary and each.covers(at):
                return each.member
    zone = zone_of(rota.zone)
    named = (layer.member(at, zone, rota.holidays) for layer in rota.layers)
    return next((member for member in named if member is not None), None)


def second_member(rota: Rota, at: datetime) -> str | None:
    """Whom to ask when the holder does not answer: whose turn comes next."""
    holder, zone = on_call(rota, at), zone_of(rota.zone)
    applying = [layer for layer in rota.layers if layer.applies(at, zone, rota.holidays)]
    for layer in (*applying, *rota.layers):
        rotation = layer.rotation
        turn = max(rotation.turn(at, zone), -1)
        for ahead in range(1, len(rotation.members) + 1):
            member = rotation.member(turn + ahead)
            if member != holder:
                return member
    return None


def shifts(rota: Rota, start: datetime, end: datetime) -> list[Shift]:
    """The stretches of duty that fill `start` … `end` exactly: no gap and no overlap."""
    found: list[Shift] = []
    for shift in _pieces(rota, start, end):
        last = found[-1] if found else None
        if last and (last.member, last.override) == (shift.member, shift.override):
            found[-1] = replace(last, end=shift.end)
        else:
            found.append(shift)
    return found


def gaps(rota: Rota, start: datetime, end: datetime, able: Container[str]) -> list[Shift]:
    """When nobody who is able holds the role; a shift's member is whom the rota names."""
    return [shift for shift in shifts(rota, start, end) if shift.member not in able]


def next_change(rota: Rota, at: datetime) -> datetime | None:
    """When somebody else will hold the role, or nobody; None when that is never."""
    holder, horizon = on_call(rota, at), _horizon(rota, at)
    since, ahead = at, timedelta(days=16)
    while since < horizon:
        until = min(since + ahead, horizon)
        for shift in shifts(rota, since, until):
            if shift.member != holder:
                return shift.start
        since, ahead = until, ahead * 4
    return None


def _horizon(rota: Rota, at: datetime) -> datetime:
    """Until when to look: once every exception is past, duty repeats itself after this long."""
    zone = zone_of(rota.zone)
    settled = [at, *(each.end for each in rota.overrides)]
    settled += [layer.rotation.start(0, zone) for layer in rota.layers]
    settled += [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in rota.holidays]
    hours = lcm(
        *(
            layer.rotation.period // timedelta(hours=1) * len(layer.rotation.members)
            for layer in rota.layers
            if layer.rotation.members
        ),
        *(7 * 24 for layer in rota.layers if layer.restrictions),
    )
    cycle = min(hours, CHANGE_LIMIT // timedelta(hours=1))
    return min(max(settled) + timedelta(hours=cycle) + timedelta(days=3), at + CHANGE_LIMIT)


_Entry = tuple[int, int, datetime, str, str | None]
"""Rank, place within the rank, end, who, by which override: the least counts."""


def _pieces(rota: Rota, start: datetime, end: datetime) -> Iterator[Shift]:
    """The shifts between the instants at which one begins or ends, unjoined."""
    waiting = sorted(_entries(rota, start, end), key=lambda entry: entry[0])
    running: list[_Entry] = []
    since, index = start, 0
    while since < end:
        while index < len(waiting) and waiting[index][0] <= since:
            heappush(running, waiting[index][1])
            index += 1
        while running and running[0][2] <= since:
            heappop(running)
        until = waiting[index][0] if index < len(waiting) else end
        member, override = None, None
        if running:
            until = min(until, running[0][2])
            member, override = running[0][3:]
        yield Shift(since, min(until, end), member, override)
        since = until


def _entries(rota: Rota, start: datetime, end: datetime) -> Iterator[tuple[datetime, _Entry]]:
    for order, each in enumerate(rota.overrides):
        if each.start < end and each.end > start:
            rank = 1 if each.temporary else 0
            yield each.start, (rank, -order, each.end, each.member, each.id)
    zone = zone_of(rota.zone)
    for order, layer in enumerate(rota.layers):
        for span in layer.spans(start, end, zone, rota.holidays):
            if span.end > start:
                yield span.start, (2, order, span.end, span.member, None)
