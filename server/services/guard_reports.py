"""What the guard has to say about the signing of its reports."""

from __future__ import annotations

from datetime import datetime

from server.domain.guard import HELD, ReadBackMissing
from server.domain.guard_justification import JustificationMissing
from server.domain.guard_notifications import Outcome
from server.domain.guard_results import Unheard
from server.domain.reports import Report
from server.domain.timeline import EventType
from server.services.guard_alerts import JOIN, REPORT, Alerts, store, tell, write_log
from server.services.guard_results import watch
from server.services.ports.unit_of_work import UnitOfWork


class GuardReports:
    """The report hook of the guard."""

    def __init__(self, alerts: Alerts) -> None:
        self._alerts = alerts
        self._fresh = alerts.fresh

    async def gate(self, uow: UnitOfWork, report: Report, interim: bool) -> None:
        """Raise ReadBackMissing, JustificationMissing, or NotAcceptor once it was let go."""
        request = await uow.guard_requests.lock(report.subject)
        if request is not None and request.state in HELD:
            request.require_acceptor(report.author)
            if request.awaits_justification:
                raise JustificationMissing
        if not interim and report.unheard:
            raise ReadBackMissing

    async def signed(self, uow: UnitOfWork, report: Report, now: datetime) -> None:
        """The request follows its report."""
        request = await uow.guard_requests.lock(report.subject)
        if request is None or request.state not in HELD:
            return
        is_interim = report.signatures[-1].interim
        moved = request.sign(report.state.value, interim=is_interim)
        signed = await store(uow, moved if is_interim else moved.miss(Unheard.REPORT))
        await uow.deadlines.cancel(request.id, JOIN)
        by = await uow.accounts.find(report.author)
        if request.referred_to is not None:  # answered meanwhile: it need not ring there any more
            await self._alerts.silence(uow, signed, Outcome.TAKEN, by)
        if not is_interim:
            await uow.deadlines.cancel(request.id, REPORT)
            await watch(uow, signed, now)
        data = {"interim": is_interim, "report": report.id}
        await write_log(uow, signed, EventType.GUARD_REPORTED, by, data, now, self._fresh)
        await tell(uow, signed)

    async def findings(self, uow: UnitOfWork, report: Report, now: datetime) -> None:
        """Time runs from the first critical finding until the last was read back."""
        request = await uow.guard_requests.lock(report.subject)
        what = Unheard.CRITICAL if report.unheard else None
        if request is None or request.state not in HELD or request.unheard is what:
            return
        missed = await store(uow, request.miss(what))
        await watch(uow, missed, now)
        await tell(uow, missed)
