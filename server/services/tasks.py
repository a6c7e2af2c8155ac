"""The worklist of a person, gathered from every service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from server.domain.access import Actor
from server.domain.accounts import User
from server.domain.tasks import Task, in_order
from server.services.ports.clock import Clock
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import account_of

Source = Callable[[UnitOfWork, User, datetime], Awaitable[Sequence[Task]]]
"""What one service asks of a person, in a fixed number of queries."""


class Tasks:
    """Use cases of the worklist."""

    def __init__(self, database: Database, clock: Clock, sources: Sequence[Source]) -> None:
        self._database = database
        self._clock = clock
        self._sources = sources

    async def of(self, actor: Actor) -> list[Task]:
        """What waits for the caller, the most urgent first."""
        now = self._clock.now()
        async with self._database.reading() as uow:
            user = await account_of(uow, actor)
            found = [task for source in self._sources for task in await source(uow, user, now)]
        return in_order(found)
