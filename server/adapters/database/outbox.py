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

    async def add(self, notice: Notice, now: datetime) -> int:
        """Store a notice; answers its number."""
        row = insert(outbox).values(notice=asdict(notice), created_at=now).returning(outbox.c.n)
        return int((await self._connection.execute(row)).scalar_one())

    async def delete(self, numbers: Sequence[int]) -> None:
        """Forget what was published."""
        if numbers:
            await self._connection.execute(delete(outbox).where(outbox.c.n.in_(numbers)))

    async def withdraw(self, name: str, request: str) -> None:
        """Forget notices of a name about a guard request; the table is short-lived and short."""
        rows = await self._connection.execute(select(outbox.c.n, outbox.c.notice))
        await self.delete(
            [
                n
                for n, notice in rows
                if notice["name"] == name and notice["data"].get("request") == request
            ]
        )

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
