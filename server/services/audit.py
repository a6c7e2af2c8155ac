"""The audit trail: read, sealed, checkpointed, verified."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from server.domain import audit as rules
from server.domain.access import Actor
from server.domain.accounts import User
from server.domain.audit import Checkpoint, Entry, Head, Verdict, Verifier
from server.services.ports.audit import CheckpointFile
from server.services.ports.clock import Clock
from server.services.ports.unit_of_work import Database

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Trail:
    """Entries, and whoever of their actors and subjects has an account, by id."""

    entries: Sequence[Entry]
    named: Mapping[str, User]


class Audit:
    """Use cases of the audit trail."""

    def __init__(self, database: Database, clock: Clock, checkpoints: CheckpointFile) -> None:
        self._database = database
        self._clock = clock
        self._checkpoints = checkpoints

    async def page(self, actor: Actor, after: int, limit: int) -> Trail:
        """Entries after a number, oldest first; administrators only."""
        actor.require_administrator()
        async with self._database.reading() as uow:
            entries = await uow.audit.page(after, limit)
            people = {who for each in entries for who in (each.actor, each.subject)}
            return Trail(entries, await uow.accounts.named(people))

    async def seal(self) -> int:
        """Bring new entries into the chain; answers how many. The engine's step, each second."""
        async with self._database.reading() as uow:
            is_idle = not await uow.audit.unsealed(1)
        sealed, head = 0, None
        if not is_idle:
            async with self._database.transaction() as uow:
                head = await uow.audit.head(to_append=True)
                records = list(rules.seal(head, await uow.audit.unsealed(BATCH)))
                if records:
                    await uow.audit.add_seals(records)
                    head = Head(records[-1].position, records[-1].hash)
                sealed = len(records)
        await self._checkpoint(head)
        return sealed

    async def checkpoint(self) -> None:
        """Write the head down at once, as at the end of a shutdown."""
        async with self._database.reading() as uow:
            head = await uow.audit.head()
        last = await asyncio.to_thread(self._checkpoints.last)
        if head.position > (last.position if last else 0):
            await self._write(head)

    async def verify(self) -> Verdict:
        """Check the whole chain. Raises ValueError naming a checkpoint of wrong signature."""
        checkpoints = await asyncio.to_thread(self._checkpoints.verified)
        verifier = Verifier(checkpoints)
        problem = None
        async with self._database.reading() as uow:
            async for record in uow.audit.chain():
                problem = verifier.add(record)
                if problem is not None:
                    break
        return verifier.finish(problem)

    async def _checkpoint(self, head: Head | None) -> None:
        now = self._clock.now()
        last = await asyncio.to_thread(self._checkpoints.last)
        if head is None:
            async with self._database.reading() as uow:
                head = await uow.audit.head()
        if rules.is_checkpoint_due(head, last, now):
            await self._write(head)

    async def _write(self, head: Head) -> None:
        checkpoint = Checkpoint(head.position, head.hash, self._clock.now())
        await asyncio.to_thread(self._checkpoints.append, checkpoint)
