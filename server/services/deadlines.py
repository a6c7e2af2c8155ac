"""What is due is done, each in a transaction of its own, by whichever process is alive."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from server.domain.deadlines import Deadline
from server.services.ports.clock import Clock
from server.services.ports.unit_of_work import Database, UnitOfWork

log = structlog.get_logger(__name__)

CYCLE_LIMIT = 200
"""Deadlines in one cycle; the rest waits for the next, so that other steps get their turn."""
TOGETHER_LIMIT = 50
"""Deadlines in one transaction, so that people who act meanwhile wait for a moment at most."""

Handler = Callable[[UnitOfWork, Deadline, datetime], Awaitable[None]]
"""Does what is due in the transaction that forgets the deadline; it may set the next one."""


@dataclass(frozen=True, slots=True)
class Together:
    """A handler of what is due of one kind at once, all of it or nothing.

    When it fails, each deadline is met on its own, so that one that cannot be met stops no other.
    """

    meet: Callable[[UnitOfWork, Sequence[Deadline], datetime], Awaitable[None]]


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
        handlers: Mapping[str, Handler | Together],
        patient: Collection[str] = (),
    ) -> None:
        """Kinds that are `patient` wait while anything else is due."""
        self._database = database
        self._clock = clock
        self._handlers = handlers
        self._patient = patient

    async def meet(self) -> int:
        """Do what is due; answers how much. A failing one is tried again later."""
        done, apart = 0, set[str]()
        while done < CYCLE_LIMIT:
            met = await self._meet_some(min(TOGETHER_LIMIT, CYCLE_LIMIT - done), apart)
            if met is None:
                break
            done += met
        return done

    async def _meet_some(self, limit: int, apart: set[str]) -> int | None:
        """How many were met, None when nothing is due; kinds that failed together go `apart`."""
        taken: Sequence[Deadline] = ()
        try:
            async with self._database.transaction() as uow:
                now = self._clock.now()
                first = await uow.deadlines.take(now, self._patient)
                if first is None:
                    return None
                taken = [first]
                handler = self._handlers[first.kind]
                if isinstance(handler, Together):
                    if limit > 1 and not first.attempts and first.kind not in apart:
                        taken = [first, *await uow.deadlines.take_beside(first, now, limit - 1)]
                    await handler.meet(uow, taken, now)
                else:
                    await handler(uow, first, now)
                await uow.deadlines.forget(*taken)
        except Exception as error:
            if not taken:
                raise
            kind, name = taken[0].kind, type(error).__name__
            if len(taken) > 1:
                log.warning("deadlines-failed-together", kind=kind, error=name, count=len(taken))
                apart.add(kind)
                return 0
            log.error("deadline-failed", kind=kind, error=name)
            await self._postpone(taken[0])
        return len(taken)

    async def _postpone(self, failed: Deadline) -> None:
        async with self._database.transaction() as uow:
            await uow.deadlines.set(failed.postpone(self._clock.now()))
