"""Alarms as rows that lapse when nobody raises them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Column, String, Table, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.inserts import insert_new
from server.adapters.database.metadata import Id, Instant, Json, metadata
from server.domain.alarms import Alarm, AlarmKind

alarms = Table(
    "alarms",
    metadata,
    Column("kind", String(40), primary_key=True),
    Column("subject", Id, primary_key=True),
    Column("raised_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("data", Json, nullable=False),
)


class AlarmRows:
    """Alarms on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def put(self, alarm: Alarm, now: datetime) -> bool:
        """Raise it, or let it stand on; True when it did not stand at `now`."""
        here = alarms.c.kind == alarm.kind.value, alarms.c.subject == alarm.subject
        lapsed = delete(alarms).where(*here, alarms.c.until <= now)
        await self._connection.execute(lapsed)
        row = asdict(alarm) | {"kind": alarm.kind.value}
        if await insert_new(self._connection, alarms, row):
            return True
        later = update(alarms).where(*here).values(until=alarm.until, data=dict(alarm.data))
        await self._connection.execute(later)
        return False

    async def end(self, kind: AlarmKind, subject: str) -> bool:
        """Forget one; False when it did not stand."""
        here = alarms.c.kind == kind.value, alarms.c.subject == subject
        return (await self._connection.execute(delete(alarms).where(*here))).rowcount == 1

    async def standing(self, now: datetime) -> Sequence[Alarm]:
        """Those that stand now, oldest first."""
        query = select(alarms).where(alarms.c.until > now)
        rows = await self._connection.execute(query.order_by(alarms.c.raised_at, alarms.c.subject))
        return [Alarm(**dict(row._mapping) | {"kind": AlarmKind(row.kind)}) for row in rows]
