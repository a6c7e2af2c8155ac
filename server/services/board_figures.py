"""Activity and quality of the network's boards, without any patient."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from server.domain.access import Actor, Role
from server.domain.board_figures import Month, figures, months
from server.domain.specialties import Specialty
from server.domain.tables import as_csv
from server.services.ports.clock import Clock
from server.services.ports.unit_of_work import Database
from server.services.qualifications import qualified

READERS = (Role.SPECIALIST, Role.RADIOLOGIST, Role.CASE_MANAGER, Role.ADMINISTRATOR)


class BoardFigures:
    """Use cases of the statistics."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def months(self, actor: Actor, count: int, until: date | None = None) -> list[Month]:
        """So many months up to one, this one unless told. Raises Forbidden."""
        wanted = months(until or self._clock.now().date(), count)
        since = datetime(wanted[0].year, wanted[0].month, 1, tzinfo=UTC)
        after = months(wanted[-1], 1)[0]
        end_year, end_month = after.year + after.month // 12, after.month % 12 + 1
        async with self._database.reading() as uow:
            await qualified(uow, actor, *READERS)
            cases = await uow.boards.discussed(since, datetime(end_year, end_month, 1, tzinfo=UTC))
        return figures(cases, wanted)

    async def csv(self, actor: Actor, count: int, until: date | None = None) -> str:
        """The same as RFC 4180 text, one line for each month."""
        return _table(await self.months(actor, count, until))


def _table(found: Sequence[Month]) -> str:
    head = ["month", "cases", "quorum_met", "quorum_rate", "specialties_mean"]
    head += ["signed", "returned", "outside_guidelines"]
    head += [f"present_{one.value}" for one in Specialty if one.is_medical]
    return as_csv(head, [_line(month) for month in found])


def _line(month: Month) -> list[Any]:
    line = [f"{month.first:%Y-%m}", month.cases, month.quorum_met]
    line += [_number(month.quorum_rate), _number(month.specialties_mean)]
    line += [month.signed, month.returned, month.outside]
    return line + [month.specialties.get(one, 0) for one in Specialty if one.is_medical]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
