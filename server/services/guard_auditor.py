"""The auditor: every open request has a next step, and somebody is there to take it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from server.domain.alarms import AlarmKind
from server.domain.deadlines import Deadline
from server.domain.guard import OPEN, State
from server.domain.guard_notifications import REPEAT
from server.domain.guard_services import GuardService
from server.services.alarms import end_alarm, raise_alarm
from server.services.guard_alerts import AGAIN, ESCALATE, LOST, REPORT
from server.services.ports.clock import Clock
from server.services.ports.unit_of_work import Database, UnitOfWork

log = structlog.get_logger(__name__)

AUDIT_S = 10.0
PATIENCE = timedelta(seconds=5)
"""How late a deadline may be before something is wrong; 2 s are promised."""
REPAIRS_LIMIT = 200
"""Repairs of one kind at once; the rest follows with the next audit."""
SUBJECT = "guard"


class GuardAuditor:
    """Finds what no deadline watches any more, repairs it and tells.

    It trusts rows alone, so it also mends what a restart after a wrong clock left too far away.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._born_at = clock.monotonic()
        self._ended_at: float | None = None
        self._is_right = False
        self._repaired = 0
        self._late = 0
        self._silent = 0

    async def audit(self) -> None:
        """Look at everything once."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            self._late = await uow.guard_audit.overdue(now - PATIENCE)
            repaired = await uow.guard_audit.clamp(AGAIN, now + REPEAT + PATIENCE)
            repaired += await self._repair(uow, await uow.guard_services.all(), now)
            repaired += await self._ring_on(uow, now)
            if repaired:
                await raise_alarm(uow, AlarmKind.GUARD_REPAIRED, SUBJECT, now, {"count": repaired})
                log.error("guard-repaired", count=repaired)
            if self._late:
                await raise_alarm(uow, AlarmKind.GUARD_LATE, SUBJECT, now, {"count": self._late})
            elif not self._is_right:
                await end_alarm(uow, AlarmKind.GUARD_LATE, SUBJECT)
            await self._watch_acceptors(uow, now)
        self._repaired += repaired
        self._is_right = not repaired and not self._late
        self._ended_at = self._clock.monotonic()

    async def probe(self) -> None:
        """Raise RuntimeError unless the last audit was a moment ago and found all as it must be."""
        ended = self._ended_at
        if ended is None or self._clock.monotonic() - ended > 4 * AUDIT_S or not self._is_right:
            raise RuntimeError("the guard is not all right")

    async def warn(self) -> None:
        """The same, but for the moments before the first audit of this process."""
        is_new = self._clock.monotonic() - self._born_at <= 4 * AUDIT_S
        if self._ended_at is not None or not is_new:
            await self.probe()

    def describe(self) -> Mapping[str, object]:
        """Counts, for metrics."""
        return {
            "repaired_total": self._repaired,
            "late_deadlines": self._late,
            "silent_acceptors_total": self._silent,
            "is_right": float(self._is_right),
        }

    async def _repair(
        self, uow: UnitOfWork, services: Sequence[GuardService], now: datetime
    ) -> int:
        latest = now + PATIENCE
        steps = {each.id: latest + _longest(each) for each in services}
        reports = {each.id: latest + timedelta(minutes=each.report_minutes) for each in services}
        working = (State.ACCEPTED, State.WORKING)
        count = 0
        for states, kind, due in ((OPEN, ESCALATE, steps), (working, REPORT, reports)):
            found = await uow.guard_audit.without_next(states, kind, due, REPAIRS_LIMIT)
            for request in found:
                await uow.deadlines.set(Deadline(kind, request, now))
                await uow.audit.record(now, "system", "guard.repaired", request, {"kind": kind})
            count += len(found)
        return count

    async def _ring_on(self, uow: UnitOfWork, now: datetime) -> int:
        """Whoever is rung hears it again."""
        found = await uow.guard_rings.forgotten(AGAIN)
        await uow.guard_rings.keep(AGAIN, found, now, timedelta(0))
        for person in found:
            await uow.audit.record(now, "system", "guard.repaired", person, {"kind": AGAIN})
        return len(found)

    async def _watch_acceptors(self, uow: UnitOfWork, now: datetime) -> None:
        """Hazard 6: whoever accepted and cannot be reached any more gets as long as to join."""
        waits = {each.id: timedelta(seconds=each.join_s) for each in await uow.guard_services.all()}
        found = await uow.guard_audit.unattended(LOST, now)
        requests = await uow.guard_requests.named(found)
        for request in requests.values():
            due_at = now + waits[request.service]
            data = {"person": request.accepted_by}
            await uow.deadlines.set(Deadline(LOST, request.id, due_at, data))
        self._silent += len(requests)


def _longest(service: GuardService) -> timedelta:
    """How long any step of a service waits at most."""
    waits = [step.delay_s for step in service.steps]
    return timedelta(seconds=max(waits + [local.delay_s for local in service.local]))
