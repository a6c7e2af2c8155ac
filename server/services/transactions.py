"""Use cases that may be part of a larger transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from server.services.ports.unit_of_work import Database, UnitOfWork


@asynccontextmanager
async def joined(database: Database, uow: UnitOfWork | None) -> AsyncIterator[UnitOfWork]:
    """The caller's transaction, which the caller ends, or one of its own."""
    if uow is not None:
        yield uow
        return
    async with database.transaction() as own:
        yield own
