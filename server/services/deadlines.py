"""What is due is done, each in a transaction of its own, by whichever process is alive."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime

import structlog

from server.domain.deadlines import Deadline
from server.services.ports.clock import Clock
from server.services.ports.unit_of_work import Database, UnitOfWork

log = structlog.get_logger(__name__)

CYCLE_LIMIT = 200
"""Deadlines in one cycle; the rest waits for the next, so that other steps get their turn."""

Handler = Callable[[UnitOfWork, Deadline, datetime], Awaitable[None]]
"""Does what is due in the transaction that forgets the deadline; it may set the next one."""


def in_turn(*handlers: Handler) -> Handler:
    """One after the other, in the same transaction."""

    async def handle(uow: UnitOfWork, due: Deadline, now: datetime) -> None:
        for handler in handlers:
            await handler(uow, due, now)

    return handle


class Deadlines:
    """The engine's step that meets deadlines; `handlers` by kind."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        handlers: Mapping[str, Handler],
        patient: Collection[str] = (),
    ) -> None:
        """Kinds that are `patient` wait while anything else is due."""
        self._database = database
        self._clock = clock
        self._handlers = handlers
        self._patient = patient

    async def meet(self) -> int:
        """Do what is due; answers how much. A failing one is tried again later."""
        for done in range(CYCLE_LIMIT):
            if not await self._meet_one():
                return done
        return CYCLE_LIMIT

    async def _meet_one(self) -> bool:
        taken: Deadline | None = None
        try:
            async with self._database.transaction() as uow:
                taken = await uow.deadlines.take(self._clock.now(), self._patient)
                if taken is None:
                    return False
                await self._handlers[taken.kind](uow, taken, self._clock.now())
                await uow.deadlines.forget(taken)
        except Exception as error:
            if taken is None:
                raise
            log.error("deadline-failed", kind=taken.kind, error=type(error).__name__)
            await self._postpone(taken)
        return True

    async def _postpone(self, failed: Deadline) -> None:
        async with self._database.transaction() as uow:
            await uow.deadlines.set(failed.postpone(self._clock.now()))
