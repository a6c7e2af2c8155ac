"""Notices that must leave: written with the state they tell of, deleted once published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import Column, Integer, Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.metadata import Instant, Json, metadata
from server.services.ports.bus import Notice

outbox = Table(
    "outbox",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("notice", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
)


class Outbox:
    """Rows of one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, notices: Sequence[Notice], now: datetime) -> Sequence[int]:
        """Store notices; answers their numbers, in order."""
        if not notices:
            return ()
        rows = [{"notice": asdict(notice), "created_at": now} for notice in notices]
        # SQLite numbers the rows of a statement in their order; PostgreSQL must be told to
        is_ordered = self._connection.dialect.name == "sqlite"
        numbered = insert(outbox).returning(outbox.c.n, sort_by_parameter_order=not is_ordered)
        return sorted(await self._connection.scalars(numbered, rows))

    async def delete(self, numbers: Sequence[int]) -> None:
        """Forget what was published."""
        if numbers:
            await self._connection.execute(delete(outbox).where(outbox.c.n.in_(numbers)))

    async def withdraw(self, name: str, request: str) -> None:
        """Forget notices of a name about a guard request; the table is short-lived and short."""
        rows = await self._connection.execute(select(outbox.c.n, outbox.c.notice))
        gone = [n for n, notice in rows if is_about(Notice(**notice), name, request)]
        await self.delete(gone)

    async def overdue(self, now: datetime, limit: int = 500) -> list[tuple[int, Notice]]:
        """What its own process did not publish within two seconds, oldest first."""
        query = (
            select(outbox.c.n, outbox.c.notice)
            .where(outbox.c.created_at < now - timedelta(seconds=2))
            .order_by(outbox.c.n)
            .limit(limit)
        )
        rows = await self._connection.execute(query)
        return [(n, Notice(**notice)) for n, notice in rows]


def is_about(notice: Notice, name: str, request: str) -> bool:
    """Whether a notice has this name and is about this guard request."""
    return notice.name == name and notice.data.get("request") == request
