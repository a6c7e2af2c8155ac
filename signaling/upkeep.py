"""What is done every few seconds: leases, ghosts, revoked access, idle connections."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from server.domain.errors import DomainError
from server.domain.guard_notifications import RENEWAL_SECONDS
from server.domain.presence import LEASE_RENEWAL_SECONDS, LeftReason
from server.services.revocation import SWEEP_SECONDS, Ended
from signaling.alerts import Listeners
from signaling.attendance import Attendance
from signaling.services import Services
from signaling.transport import Server

REASONS = {"room-closed": LeftReason.CLOSED}

log = structlog.get_logger(__name__)


class Upkeep:
    """Three loops that outlive every failure but cancellation."""

    def __init__(
        self, server: Server, services: Services, attendance: Attendance, listeners: Listeners
    ) -> None:
        self._server = server
        self._services = services
        self._sessions = attendance.sessions
        self._attendance = attendance
        self._listeners = listeners

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._each(LEASE_RENEWAL_SECONDS, self.prove_alive))
            group.create_task(self._each(SWEEP_SECONDS, self.review))
            group.create_task(self._each(RENEWAL_SECONDS, self._listeners.prove_alive))

    async def prove_alive(self) -> None:
        """Renew the lease, put back who was swept meanwhile, and sweep others' ghosts."""
        presence = self._services.presence
        if not await presence.renew():
            missing = await presence.missing(list(self._sessions.peers()))
            await presence.restore(missing)
        await self._attendance.settle()
        await presence.sweep()

    async def review(self) -> None:
        """End what is no longer allowed, even if nobody told us."""
        await self._server.sweep()
        live = [*self._listeners.sessions.all(), *self._sessions.all()]
        review = await self._services.revocation.review([session.hold() for session in live])
        for ended in review.ended:
            await self._end(ended)
        await self._services.calls.regrant(review.grants)

    async def _end(self, ended: Ended) -> None:
        listener = self._listeners.sessions.find(ended.socket)
        if listener is not None:
            await self._listeners.end(listener, ended.code)
        session = self._sessions.find(ended.socket)
        if session is None:
            return
        if ended.room is None:
            await self._attendance.end(session, ended.code)
        else:
            reason = REASONS.get(ended.code, LeftReason.REMOVED)
            await self._attendance.show_out(session, ended.room, ended.code, reason)

    async def _each(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except DomainError as error:
                log.warning("upkeep failed", error=error.code)
            except Exception:
                log.exception("upkeep failed")
            await self._services.clock.sleep(seconds)
