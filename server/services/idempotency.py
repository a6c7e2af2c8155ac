"""`Idempotency-Key`: the same key and request get the first answer back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from server.domain.errors import Conflict
from server.services.ports.clock import Clock
from server.services.ports.idempotency import StoredAnswer
from server.services.ports.unit_of_work import Database, UnitOfWork

__all__ = ["Idempotency", "StoredAnswer"]

KEPT = timedelta(hours=24)
STALE = timedelta(seconds=60)
"""After this a reservation without an answer belonged to a process that died."""


class Idempotency:
    """Runs a request once per person and key."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def once(
        self,
        person: str,
        key: str,
        fingerprint: str,
        produce: Callable[[], Awaitable[StoredAnswer]],
    ) -> StoredAnswer:
        """The stored answer, or `produce`'s. Raises Conflict for another request's key."""
        stored = await self._reserve(person, key, fingerprint)
        if stored is not None:
            return stored
        try:
            answer = await produce()
        except BaseException:
            async with self._database.transaction() as uow:
                await uow.idempotency.release(person, key)
            raise
        async with self._database.transaction() as uow:
            await uow.idempotency.answer(person, key, answer)
        return answer

    async def once_within(
        self,
        person: str,
        key: str,
        fingerprint: str,
        produce: Callable[[UnitOfWork], Awaitable[StoredAnswer]],
    ) -> StoredAnswer:
        """The same where all is one transaction: key, work and answer are stored together.

        Whoever repeats a request that a process died of is answered at once, and it is done once.
        """
        async with self._database.transaction() as uow:
            stored = await self._known(uow, person, key, fingerprint)
            if stored is None:
                stored = await produce(uow)
                await uow.idempotency.answer(person, key, stored)
            return stored

    async def expire(self) -> None:
        """Forget keys older than a day."""
        async with self._database.transaction() as uow:
            await uow.idempotency.expire(self._clock.now() - KEPT)

    async def _reserve(self, person: str, key: str, fingerprint: str) -> StoredAnswer | None:
        async with self._database.transaction() as uow:
            return await self._known(uow, person, key, fingerprint)

    async def _known(
        self, uow: UnitOfWork, person: str, key: str, fingerprint: str
    ) -> StoredAnswer | None:
        """The stored answer, or None and the key is reserved."""
        now = self._clock.now()
        if await uow.idempotency.reserve(person, key, fingerprint, now):
            return None
        taken = await uow.idempotency.find(person, key)
        if taken is None or taken.fingerprint != fingerprint:
            raise Conflict("This Idempotency-Key was used for another request.")
        if taken.answer is not None:
            return taken.answer
        if now - taken.reserved_at < STALE:
            raise Conflict("The first request with this Idempotency-Key is still under way.")
        await uow.idempotency.release(person, key)
        await uow.idempotency.reserve(person, key, fingerprint, now)
        return None
