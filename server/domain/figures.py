"""Use and quality of the whole network by service and month, without any patient."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from server.domain.errors import Invalid
from server.domain.rooms import RoomKind

MONTHS_LIMIT = 36
ACCEPT_S = 120
"""A guard request accepted within this many seconds of being filed is accepted in time."""


class Measure(StrEnum):
    """A share that says how well a service does."""

    GUARD_ACCEPTED_IN_TIME = "guard.accepted_in_time"
    GUARD_COVERED = "guard.covered"
    """Somebody was on duty at once."""
    TELEVISIT_GOOD_LINK = "televisit.good_link"
    TELEVISIT_SUITABLE = "televisit.suitable"
    BOARD_QUORUM = "board.quorum"
    PATHWAY_ON_TIME = "pathway.on_time"


@dataclass(frozen=True, slots=True)
class Use:
    """Cases that a service opened in a month (UTC), and in how many of them people called."""

    month: date
    service: RoomKind
    opened: int
    called: int

    def to_wire(self) -> dict[str, Any]:
        """*Use* of docs/protocol.md."""
        return {
            "month": f"{self.month:%Y-%m}",
            "service": self.service.value,
            "opened": self.opened,
            "called": self.called,
        }


@dataclass(frozen=True, slots=True)
class Share:
    """So many of all; `rate` is None where there was nothing to count."""

    measure: Measure
    met: int
    of: int

    @property
    def rate(self) -> float | None:
        """0…1."""
        return self.met / self.of if self.of else None

    def to_wire(self) -> dict[str, Any]:
        """*Share* of docs/protocol.md."""
        return {
            "measure": self.measure.value,
            "met": self.met,
            "of": self.of,
            "rate": self.rate,
        }


@dataclass(frozen=True, slots=True)
class Span:
    """So many whole months up to the present one."""

    months: tuple[date, ...]

    @classmethod
    def until(cls, today: date, count: int) -> Span:
        """Raises Invalid unless 1 to 36 months."""
        if not 1 <= count <= MONTHS_LIMIT:
            raise Invalid("The period is 1 to 36 months.", path="months")
        last = today.year * 12 + today.month - 1
        numbers = range(last - count + 1, last + 1)
        return cls(tuple(date(number // 12, number % 12 + 1, 1) for number in numbers))

    @property
    def begin(self) -> datetime:
        """Its first instant."""
        return _midnight(self.months[0])

    @property
    def end(self) -> datetime:
        """The first instant after it."""
        last = self.months[-1]
        following = date(last.year + last.month // 12, last.month % 12 + 1, 1)
        return _midnight(following)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
