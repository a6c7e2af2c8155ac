"""Slots: times at which an expert of a centre can be consulted, one consultation each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from server.domain.errors import Conflict, Invalid
from server.domain.instants import rfc3339

MINUTES_LEAST, MINUTES_MOST = 10, 240
IN_A_ROW_MOST = 24
WEEKS_MOST = 26
SLOTS_MOST = 200
"""Slots of one series."""


class SlotTaken(Conflict):
    """Somebody booked it first (hazard 13)."""

    code = "slot-taken"
    message = "Somebody else has just booked this time: choose another."


class SlotPast(Conflict):
    """Its time has come."""

    code = "slot-past"
    message = "This time is over: choose another."


class SlotsOverlap(Conflict):
    """The expert would be at two consultations at once."""

    code = "slots-overlap"
    message = "The expert already has a slot at one of these times."


@dataclass(frozen=True, slots=True)
class Slot:
    """One expert, one centre, one time; `consultation` is whose it is, `expert_name` to be read."""

    id: str
    centre: str
    expert: str
    starts_at: datetime
    minutes: int
    consultation: str | None = None
    expert_name: str = ""
    centre_name: str = ""

    @property
    def ends_at(self) -> datetime:
        """When the next one may begin."""
        return self.starts_at + timedelta(minutes=self.minutes)

    def require_ahead(self, now: datetime) -> None:
        """Raise SlotPast once it has begun."""
        if self.starts_at <= now:
            raise SlotPast

    def require_free(self) -> None:
        """Raise SlotTaken when it is booked."""
        if self.consultation is not None:
            raise SlotTaken

    def taken_by(self, consultation: str) -> Slot:
        """The same, booked."""
        return replace(self, consultation=consultation)

    def to_wire(self) -> dict[str, Any]:
        """*Slot* of docs/protocol.md; whose it is, only the centre is told."""
        return {
            "id": self.id,
            "centre": {"id": self.centre, "name": self.centre_name},
            "expert": {"id": self.expert, "name": self.expert_name},
            "starts_at": rfc3339(self.starts_at),
            "minutes": self.minutes,
            "is_free": self.consultation is None,
        }


@dataclass(frozen=True, slots=True)
class Series:
    """Slots in a row from a local wall-clock time on, repeated weekly at the same hour."""

    first: datetime
    """Naive: what the clock on the wall of `zone` shows."""
    zone: str
    minutes: int
    in_a_row: int = 1
    weeks: int = 1

    def starts(self, now: datetime) -> list[datetime]:
        """The instants, in UTC; an hour stays the same hour across a change of the clocks.

        Raises Invalid on unknown zones, odd numbers and times that are over.
        """
        zone = _zone(self.zone)
        if self.first.tzinfo is not None:
            raise Invalid("The first time is a local one, without offset.", path="first")
        _within(self.minutes, MINUTES_LEAST, MINUTES_MOST, "minutes")
        _within(self.in_a_row, 1, IN_A_ROW_MOST, "in_a_row")
        _within(self.weeks, 1, WEEKS_MOST, "weeks")
        _within(self.in_a_row * self.weeks, 1, SLOTS_MOST, "weeks")
        found = []
        for week in range(self.weeks):
            begin = (self.first + timedelta(weeks=week)).replace(tzinfo=zone).astimezone(UTC)
            steps = range(self.in_a_row)
            found += [begin + timedelta(minutes=step * self.minutes) for step in steps]
        if found[0] <= now:
            raise Invalid("The first time is over.", path="first")
        return found


def require_apart(slots: Iterable[Slot]) -> None:
    """Raise SlotsOverlap when two slots of one expert share a minute."""
    ordered = sorted(slots, key=lambda slot: slot.starts_at)
    if any(one.ends_at > after.starts_at for one, after in pairwise(ordered)):
        raise SlotsOverlap


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid("This is no time zone.", path="zone") from error


def _within(value: int, least: int, most: int, path: str) -> None:
    if not least <= value <= most:
        raise Invalid(f"This must be {least} to {most}.", path=path)
