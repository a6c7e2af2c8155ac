"""Calendar arithmetic of follow-up: offsets in days or months, windows of civil days."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from server.domain.errors import Invalid

DAYS_LIMIT = 3650
MONTHS_LIMIT = 120
MARGIN_LIMIT_DAYS = 366
ZONE = "Europe/Rome"
"""Whose days count unless said otherwise."""


class Unit(StrEnum):
    """What an offset counts."""

    DAYS = "days"
    MONTHS = "months"


@dataclass(frozen=True, slots=True)
class Offset:
    """How long after a day."""

    count: int
    unit: Unit

    def __post_init__(self) -> None:
        limit = DAYS_LIMIT if self.unit is Unit.DAYS else MONTHS_LIMIT
        if not 0 <= self.count <= limit:
            raise Invalid(f"The offset must be 0 to {limit} {self.unit}.", path="offset")

    def after(self, day: date) -> date:
        """The day so long after; the 31st of a shorter month is that month's last day."""
        if self.unit is Unit.DAYS:
            return day + timedelta(days=self.count)
        years, month = divmod(day.month - 1 + self.count, 12)
        year = day.year + years
        return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))

    def to_wire(self) -> dict[str, Any]:
        """`{count, unit}`."""
        return {"count": self.count, "unit": self.unit.value}


@dataclass(frozen=True, slots=True)
class Window:
    """Civil days, both included."""

    first: date
    last: date

    @classmethod
    def around(cls, target: date, early_days: int, late_days: int, *, not_before: date) -> Self:
        """A window about a target day that begins no earlier than another."""
        first = max(target - timedelta(days=early_days), not_before)
        return cls(first, target + timedelta(days=late_days))

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def ends_at(self, zone: ZoneInfo) -> datetime:
        """The instant (UTC) at which the last day is over in the zone."""
        midnight = datetime.combine(self.last + timedelta(days=1), time(), tzinfo=zone)
        return midnight.astimezone(UTC)


def require_margin(days: int, path: str) -> int:
    """The days themselves. Raises Invalid unless 0 to 366."""
    if not 0 <= days <= MARGIN_LIMIT_DAYS:
        raise Invalid("A margin is 0 to 366 days.", path=path)
    return days


def require_zone(name: str) -> str:
    """The name itself. Raises Invalid unless it is an IANA zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid("This is no IANA time zone.", path="zone") from None
    return name


def day_in(at: datetime, zone: str) -> date:
    """The civil day of an instant in a zone."""
    return at.astimezone(ZoneInfo(zone)).date()
