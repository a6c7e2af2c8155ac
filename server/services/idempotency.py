"""`Idempotency-Key`: the same key and request get the first answer back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from server.domain.errors import Conflict
from server.services.ports.clock import Clock
from server.services.ports.idempotency import Reservation, StoredAnswer
from server.services.ports.unit_of_work import Database

__all__ = ["Idempotency", "StoredAnswer"]

KEPT = timedelta(hours=24)


class Idempotency:
    """Runs a request once per person and key."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def known(self, person: str, key: str, fingerprint: str) -> StoredAnswer | None:
        """The stored answer. Raises Conflict for another request's key."""
        async with self._database.reading() as uow:
            return _answer(await uow.idempotency.find(person, key), fingerprint)

    async def once(
        self,
        person: str,
        key: str,
        fingerprint: str,
        produce: Callable[[], Awaitable[StoredAnswer]],
    ) -> StoredAnswer:
        """The stored answer, or `produce`'s. Raises Conflict for another request's key.

        Key, work and answer are one transaction: whoever repeats a request that a process died
        of is answered at once, and it is done once. Of two at a time the second waits.
        """
        async with self._database.whole() as uow:
            if not await uow.idempotency.reserve(person, key, fingerprint, self._clock.now()):
                stored = _answer(await uow.idempotency.find(person, key), fingerprint)
                if stored is not None:
                    return stored
            stored = await produce()
            await uow.idempotency.answer(person, key, stored)
            return stored

    async def expire(self) -> None:
        """Forget keys older than a day."""
        async with self._database.transaction() as uow:
            await uow.idempotency.expire(self._clock.now() - KEPT)


def _answer(taken: Reservation | None, fingerprint: str) -> StoredAnswer | None:
    if taken is None:
        return None
    if taken.fingerprint != fingerprint:
        raise Conflict("This Idempotency-Key was used for another request.")
    return taken.answer
