"""Deadlines as rows; whoever takes one holds it until its transaction ends."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Column, Integer, String, Table, and_, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.metadata import Id, Instant, Json, metadata
from server.domain.deadlines import Deadline

deadlines = Table(
    "deadlines",
    metadata,
    Column("kind", String(40), primary_key=True),
    Column("subject", Id, primary_key=True),
    Column("due_at", Instant, nullable=False, index=True),
    Column("data", Json, nullable=False),
    Column("attempts", Integer, nullable=False),
)


class DeadlineRows:
    """Deadlines on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def set(self, deadline: Deadline) -> None:
        """Store it instead of a former one of the same kind and subject."""
        await self.cancel(deadline.subject, deadline.kind)
        await self._connection.execute(insert(deadlines).values(asdict(deadline)))

    async def cancel(self, subject: str, *kinds: str) -> None:
        """Forget a subject's deadlines of these kinds, or all of them."""
        statement = delete(deadlines).where(deadlines.c.subject == subject)
        if kinds:
            statement = statement.where(deadlines.c.kind.in_(kinds))
        await self._connection.execute(statement)

    async def take(self, now: datetime) -> Deadline | None:
        """Remove and answer one that is due and that no other process holds, oldest first."""
        query = (
            select(deadlines)
            .where(deadlines.c.due_at <= now)
            .order_by(deadlines.c.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        row = (await self._connection.execute(query)).one_or_none()
        if row is None:
            return None
        one = and_(deadlines.c.kind == row.kind, deadlines.c.subject == row.subject)
        await self._connection.execute(delete(deadlines).where(one))
        return Deadline(**row._mapping)
