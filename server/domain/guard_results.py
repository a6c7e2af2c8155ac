"""Results that somebody must hear of: how long that may take, and what each lapse of time does.

A critical finding is heard when it was read back, a final report when the requester's side read
it. Until then whoever owes it is reminded, then the next person is told, and so on (hazard 14).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from server.domain.errors import Invalid

ACCEPTS_S = range(5, 86_401)
HEARINGS_MINUTES = range(1, 10_081)
_QUICK_ROUNDS = 4
_SLOW = timedelta(hours=1)


class Unheard(StrEnum):
    """What nobody heard of yet."""

    CRITICAL = "critical"
    """A critical finding that nobody read back."""
    REPORT = "report"
    """A final report that nobody acknowledged."""


@dataclass(frozen=True, slots=True)
class Target:
    """How soon a request of some priority is to be accepted, and its result heard."""

    accept_s: int
    hear_minutes: int

    def check(self) -> Target:
        """Itself. Raises Invalid."""
        if self.accept_s not in ACCEPTS_S:
            raise Invalid("Accepting takes 5 seconds to a day.", path="targets")
        if self.hear_minutes not in HEARINGS_MINUTES:
            raise Invalid("Hearing a result takes 1 minute to a week.", path="targets")
        return self

    def wait(self, round_: int) -> timedelta:
        """Until the next reminder after a round; it slows down and never ends."""
        hearing = timedelta(minutes=self.hear_minutes)
        return hearing if round_ < _QUICK_ROUNDS else max(hearing, _SLOW)


@dataclass(frozen=True, slots=True)
class Promise:
    """What a request was promised when it was filed; figures judge by this."""

    accept_s: int
    join_s: int
    report_s: int


@dataclass(frozen=True, slots=True)
class Targets:
    """One for each priority."""

    emergency: Target = Target(120, 10)
    urgent: Target = Target(300, 30)
    routine: Target = Target(900, 240)

    def of(self, priority: str) -> Target:
        """That of a priority."""
        found: Target = getattr(self, priority)
        return found

    def check(self) -> Targets:
        """Itself. Raises Invalid."""
        return Targets(self.emergency.check(), self.urgent.check(), self.routine.check())

    def to_wire(self) -> dict[str, dict[str, int]]:
        """As JSON."""
        return {
            name: {"accept_s": each.accept_s, "hear_minutes": each.hear_minutes}
            for name, each in (
                ("emergency", self.emergency),
                ("urgent", self.urgent),
                ("routine", self.routine),
            )
        }

    @classmethod
    def from_wire(cls, wire: Mapping[str, Mapping[str, Any]]) -> Targets:
        """From JSON; what is absent stays usual."""
        return cls(**{name: Target(**each) for name, each in wire.items()})
