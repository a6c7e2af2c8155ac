"""Past shifts of guards, as rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Column, ForeignKey, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.inserts import insert_all_new
from server.adapters.database.metadata import Id, Instant, metadata
from server.domain.guard_pasts import Past
from server.domain.rota import Shift
from server.services.ports.guard_pasts import Used

guard_pasts = Table(
    "guard_pasts",
    metadata,
    Column("service", Id, ForeignKey("guard_services.id", ondelete="CASCADE"), primary_key=True),
    Column("rota", Id, ForeignKey("rotas.id", ondelete="CASCADE"), primary_key=True),
    Column("begins_at", Instant, primary_key=True),
    Column("ends_at", Instant, nullable=False),
    Column("member", Id),
)
_columns = guard_pasts.c


class GuardPastRows:
    """Pasts on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def until(self, services: Collection[str]) -> Mapping[Used, datetime]:
        """Until when something is kept."""
        query = (
            select(_columns.service, _columns.rota, func.max(_columns.ends_at).label("until"))
            .where(_columns.service.in_(services))
            .group_by(_columns.service, _columns.rota)
        )
        rows = await self._connection.execute(query)
        return {(row.service, row.rota): row.until for row in rows}

    async def keep(self, used: Used, shifts: Sequence[Shift]) -> None:
        """Keep what follows what is kept; whoever keeps the same at the same time is harmless."""
        service, rota = used
        rows = [
            {
                "service": service,
                "rota": rota,
                "begins_at": one.start,
                "ends_at": one.end,
                "member": one.member,
            }
            for one in shifts
        ]
        if rows:
            await insert_all_new(self._connection, guard_pasts, rows)

    async def of(
        self, services: Collection[str], begin: datetime, end: datetime
    ) -> Mapping[Used, Past]:
        """What is kept, with the shifts that lie in an interval in part at least."""
        until = await self.until(services)
        found: dict[Used, list[Shift]] = {used: [] for used in until}
        query = select(guard_pasts).where(
            _columns.service.in_(services), _columns.begins_at < end, _columns.ends_at > begin
        )
        for row in await self._connection.execute(query.order_by(_columns.begins_at)):
            found[row.service, row.rota].append(Shift(row.begins_at, row.ends_at, row.member))
        return {used: Past(until[used], found[used]) for used in until}
