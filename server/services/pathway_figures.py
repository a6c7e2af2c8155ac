"""How much follow-up is on time, by month and hospital; nothing of any patient."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from server.domain.access import Actor, Role
from server.domain.errors import Invalid
from server.domain.pathways import Figure
from server.domain.tables import as_csv
from server.domain.windows import ZONE, Offset, Unit, day_in
from server.services.ports.clock import Clock
from server.services.ports.unit_of_work import Database
from server.services.qualifications import qualified

MONTHS_LIMIT = 60
_COLUMNS = ("month", "hospital", "due", "on_time", "late", "not_held", "on_time_percent")


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A figure with the hospital's name."""

    figure: Figure
    hospital_name: str

    def to_wire(self) -> dict[str, Any]:
        """*Figure* of docs/protocol.md."""
        return self.figure.to_wire() | {"hospital_name": self.hospital_name}


@dataclass(frozen=True, slots=True)
class Period:
    """Months, both included, by their first days."""

    first: date
    last: date

    @property
    def end(self) -> date:
        """The last month's last day."""
        return self.last.replace(day=monthrange(self.last.year, self.last.month)[1])


class PathwayFigures:
    """Use cases of the figures of follow-up."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def read(
        self, actor: Actor, first: date | None = None, last: date | None = None
    ) -> list[FigureRow]:
        """By month and hospital; the last twelve months unless said. Raises Forbidden, Invalid."""
        today = day_in(self._clock.now(), ZONE)
        period = _period(first, last, today)
        async with self._database.reading() as uow:
            await qualified(uow, actor, Role.CASE_MANAGER, Role.ADMINISTRATOR)
            found = await uow.pathway_visits.figures(period.first, period.end, today)
            names = {one.id: one.name for one in await uow.organisations.all()}
        return [FigureRow(figure, names[figure.hospital]) for figure in found]


def as_table(rows: Sequence[FigureRow]) -> str:
    """The same as a table for spreadsheets (RFC 4180)."""
    return as_csv(_COLUMNS, [_line(row) for row in rows])


def _line(row: FigureRow) -> list[Any]:
    wire, due = row.to_wire(), row.figure.due
    numbers = [wire[key] for key in ("due", "on_time", "late", "not_held")]
    return [wire["month"], row.hospital_name, *numbers, f"{100 * row.figure.on_time / due:.1f}"]


def _period(first: date | None, last: date | None, today: date) -> Period:
    last = (last or today).replace(day=1)
    if first is None:
        months = last.year * 12 + last.month - 1 - 11
        first = date(months // 12, months % 12 + 1, 1)
    first = first.replace(day=1)
    if not first <= last <= Offset(MONTHS_LIMIT, Unit.MONTHS).after(first):
        raise Invalid("The period is 1 to 60 months.", path="from")
    return Period(first, last)
