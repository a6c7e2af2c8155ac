"""A televisit's report is not signed without link quality and suitability; signed, it closes."""

from __future__ import annotations

from datetime import datetime

from server.domain.errors import NotFound
from server.domain.reports import Report, ReportState
from server.domain.televisits import Televisit
from server.domain.timeline import EventType
from server.services.ports.clock import Fresh
from server.services.ports.unit_of_work import UnitOfWork
from server.services.televisit_moves import settle


class TelevisitReports:
    """The hook of reports of televisits."""

    def __init__(self, fresh: Fresh) -> None:
        self._fresh = fresh

    async def gate(self, uow: UnitOfWork, report: Report, interim: bool) -> None:
        """Raises LinkQualityMissing, SuitabilityMissing, WrongStep; interim ones count too."""
        del interim
        (await _of(uow, report)).require_reportable()

    async def signed(self, uow: UnitOfWork, report: Report, now: datetime) -> None:
        """A final report ends the televisit."""
        if report.state is not ReportState.FINAL:
            return
        moved = (await _of(uow, report)).close(now)
        by = await uow.accounts.find(report.author)
        await settle(uow, moved, EventType.TELEVISIT_CLOSED, by, now, self._fresh)


async def _of(uow: UnitOfWork, report: Report) -> Televisit:
    found = await uow.televisits.lock(report.subject)
    if found is None:
        raise NotFound
    return found
