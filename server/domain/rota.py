"""Rotas: who holds a role when, by local wall clock; every answer is an instant in UTC.

An override goes before the rotation, a later override before an earlier one. A local time that
the clocks skip or repeat is the first instant at which they show it or more (PEP 495, fold 0).
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Self
from zoneinfo import ZoneInfo

from server.domain.access import Role
from server.domain.errors import Conflict, Invalid, LimitExceeded
from server.domain.texts import storable

NAME_LIMIT = 120
PHONE_LIMIT = 40
MEMBERS_LIMIT = 50
OVERRIDES_LIMIT = 200
PERIOD_LIMIT_DAYS = 366
OVERRIDE_LIMIT = timedelta(days=366)
YEARS = range(2000, 2200)


class RotaMoved(Conflict):
    """Somebody else changed the rota meanwhile."""

    message = "Somebody else has just changed this rota: look again."


@dataclass(frozen=True, slots=True)
class Rotation:
    """Members in turn, each for a period, from `hour` o'clock of the anchor date on."""

    anchor: date
    hour: int
    period_days: int
    members: tuple[str, ...] = ()

    @classmethod
    def of(cls, anchor: date, hour: int, period_days: int, members: tuple[str, ...]) -> Self:
        """Raises Invalid, LimitExceeded."""
        if anchor.year not in YEARS:
            raise Invalid("The first day is out of reach.", path="rotation.anchor")
        if not 0 <= hour < 24:
            raise Invalid("The hour must be 0 to 23.", path="rotation.hour")
        if not 1 <= period_days <= PERIOD_LIMIT_DAYS:
            raise Invalid("A turn lasts 1 to 366 days.", path="rotation.period_days")
        if len(members) > MEMBERS_LIMIT:
            raise LimitExceeded(limit="members")
        return cls(anchor, hour, period_days, members)

    def start(self, turn: int, zone: ZoneInfo) -> datetime:
        """When a turn begins, in UTC."""
        day = self.anchor + timedelta(days=turn * self.period_days)
        return datetime.combine(day, time(self.hour), tzinfo=zone).astimezone(UTC)

    def turn(self, at: datetime, zone: ZoneInfo) -> int:
        """The turn under way; negative before the anchor."""
        turn = (at.astimezone(zone).date() - self.anchor).days // self.period_days
        while self.start(turn, zone) > at:
            turn -= 1
        while self.start(turn + 1, zone) <= at:  # the clocks went back over midnight
            turn += 1
        return turn

    def member(self, turn: int) -> str | None:
        """Whose turn it is."""
        return self.members[turn % len(self.members)] if turn >= 0 and self.members else None


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody instead of whom the rotation names, from `start` until just before `end`."""

    id: str
    start: datetime
    end: datetime
    member: str

    @classmethod
    def of(cls, override_id: str, start: datetime, end: datetime, member: str) -> Self:
        """Raises Invalid when it ends before it starts, or a year after."""
        if not start < end <= start + OVERRIDE_LIMIT:
            raise Invalid("It must end after it starts, within a year.", path="end")
        return cls(override_id, start.astimezone(UTC), end.astimezone(UTC), member)

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
    rotation: Rotation
    overrides: tuple[Override, ...] = ()
    second: str | None = None
    version: int = 1

    def check(self) -> Self:
        """The same with tidy words. Raises Invalid."""
        name, phone = " ".join(self.name.split()), " ".join(self.phone.split())
        if not 0 < len(name) <= NAME_LIMIT:
            raise Invalid("The name must have 1 to 120 characters.", path="name")
        if len(phone) > PHONE_LIMIT:
            raise Invalid("The phone number must have at most 40 characters.", path="phone")
        if self.second == self.id:
            raise Invalid("A rota cannot be its own second step.", path="second")
        zone_of(self.zone)
        return replace(self, name=storable(name, "name"), phone=storable(phone, "phone"))

    def override(self, new: Override) -> Self:
        """Let somebody stand in. Raises LimitExceeded."""
        if len(self.overrides) >= OVERRIDES_LIMIT:
            raise LimitExceeded(limit="overrides")
        return replace(self, overrides=(*self.overrides, new))

    @property
    def people(self) -> frozenset[str]:
        """Everybody it names."""
        return frozenset((*self.rotation.members, *(each.member for each in self.overrides)))


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
    return _duty(rota, at)[0]


def second_member(rota: Rota, at: datetime) -> str | None:
    """Whom to ask when the holder does not answer: whose turn comes next."""
    holder = on_call(rota, at)
    rotation = rota.rotation
    turn = max(rotation.turn(at, zone_of(rota.zone)), -1)
    following = (rotation.member(turn + ahead) for ahead in range(1, len(rotation.members) + 1))
    return next((member for member in following if member != holder), None)


def shifts(rota: Rota, start: datetime, end: datetime) -> list[Shift]:
    """The stretches of duty that fill `start` … `end` exactly: no gap and no overlap."""
    found: list[Shift] = []
    for since, until in pairwise(sorted({start, *_edges(rota, start, end), end})):
        member, override = _duty(rota, since)
        if found and (found[-1].member, found[-1].override) == (member, override):
            found[-1] = replace(found[-1], end=until)
        else:
            found.append(Shift(since, until, member, override))
    return found


def gaps(rota: Rota, start: datetime, end: datetime, able: Container[str]) -> list[Shift]:
    """When nobody who is able holds the role; a shift's member is whom the rota names."""
    return [shift for shift in shifts(rota, start, end) if shift.member not in able]


def next_change(rota: Rota, at: datetime) -> datetime | None:
    """When somebody else will hold the role, or nobody; None when that is never."""
    holder = on_call(rota, at)
    lasting = max((at, *(each.end for each in rota.overrides)))
    rotation = rota.rotation
    horizon = max(lasting, rotation.start(0, zone_of(rota.zone))) + timedelta(
        days=(len(rotation.members) + 1) * rotation.period_days
    )
    edge = _next_edge(rota, at)
    while edge is not None and edge <= horizon:
        if on_call(rota, edge) != holder:
            return edge
        edge = _next_edge(rota, edge)
    return None


def _duty(rota: Rota, at: datetime) -> tuple[str | None, str | None]:
    """Who, and by which override."""
    for override in reversed(rota.overrides):
        if override.covers(at):
            return override.member, override.id
    return rota.rotation.member(rota.rotation.turn(at, zone_of(rota.zone))), None


def _edges(rota: Rota, start: datetime, end: datetime) -> Iterator[datetime]:
    """The instants between at which duty may change."""
    edge = _next_edge(rota, start)
    while edge is not None and edge < end:
        yield edge
        edge = _next_edge(rota, edge)


def _next_edge(rota: Rota, after: datetime) -> datetime | None:
    edges = [edge for each in rota.overrides for edge in (each.start, each.end) if edge > after]
    if rota.rotation.members:
        zone = zone_of(rota.zone)
        edges.append(rota.rotation.start(max(rota.rotation.turn(after, zone) + 1, 0), zone))
    return min(edges, default=None)
