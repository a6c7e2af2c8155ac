"""Activity and quality of boards, month by month (UTC)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from server.domain.board_cases import CaseState
from server.domain.decision_sheets import Guideline
from server.domain.specialties import Specialty

MONTHS_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Discussed:
    """What the statistics know of a case: nothing of the patient."""

    closed_at: datetime
    state: CaseState
    quorum_met: bool
    guideline: Guideline | None
    specialties: tuple[Specialty, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """Figures of one month, by the day on which the discussion ended."""

    first: date
    cases: int = 0
    quorum_met: int = 0
    signed: int = 0
    returned: int = 0
    """Without formal advice: re-presented, or still to be."""
    outside: int = 0
    """Signed outside guidelines."""
    specialties: dict[Specialty, int] = field(default_factory=dict)
    """At how many cases each specialty was there throughout."""

    @property
    def quorum_rate(self) -> float | None:
        """0…1, None without cases."""
        return self.quorum_met / self.cases if self.cases else None

    @property
    def specialties_mean(self) -> float | None:
        """Specialties at a case, on average."""
        return sum(self.specialties.values()) / self.cases if self.cases else None

    def to_wire(self) -> dict[str, Any]:
        """*Month* of docs/protocol.md."""
        return {
            "month": f"{self.first:%Y-%m}",
            "cases": self.cases,
            "quorum_met": self.quorum_met,
            "quorum_rate": self.quorum_rate,
            "signed": self.signed,
            "returned": self.returned,
            "outside": self.outside,
            "specialties_mean": self.specialties_mean,
            "specialties": {one.value: count for one, count in sorted(self.specialties.items())},
        }


def months(last: date, count: int) -> list[date]:
    """The first days of so many months, the last one's last."""
    number = last.year * 12 + last.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(number - count + 1, number + 1)]


def figures(cases: Iterable[Discussed], of: Sequence[date]) -> list[Month]:
    """The months' figures; months without cases are there too."""
    by_month: dict[date, list[Discussed]] = {first: [] for first in of}
    for case in cases:
        first = case.closed_at.astimezone(UTC).date().replace(day=1)
        if first in by_month:
            by_month[first].append(case)
    return [_month(first, found) for first, found in by_month.items()]


def _month(first: date, cases: Sequence[Discussed]) -> Month:
    signed = [one for one in cases if one.state is CaseState.SIGNED]
    return Month(
        first,
        cases=len(cases),
        quorum_met=sum(one.quorum_met for one in cases),
        signed=len(signed),
        returned=sum(_returned(one) for one in cases),
        outside=sum(one.guideline is Guideline.OUTSIDE for one in signed),
        specialties=dict(Counter(each for one in cases for each in one.specialties)),
    )


def _returned(case: Discussed) -> bool:
    if case.state is CaseState.DECIDED:
        return not case.quorum_met
    return case.state in (CaseState.POSTPONED, CaseState.REPRESENTED)
