"""People's quiet hours as rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Time, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.metadata import Id, metadata
from server.domain.quiet_hours import QuietHours

quiet_hours = Table(
    "quiet_hours",
    metadata,
    Column("person", Id, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("start", Time, nullable=False),
    Column("end", Time, nullable=False),
    Column("zone", String(64), nullable=False),
    Column("device", Id, nullable=False),
)


class QuietHourRows:
    """Quiet hours on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of(self, people: Collection[str]) -> Mapping[str, Sequence[QuietHours]]:
        """Those of people who have any."""
        if not people:
            return {}
        query = select(quiet_hours).where(quiet_hours.c.person.in_(people))
        found: dict[str, list[QuietHours]] = {}
        order = quiet_hours.c.person, quiet_hours.c.position
        for row in await self._connection.execute(query.order_by(*order)):
            one = QuietHours(row.start, row.end, row.zone, row.device)
            found.setdefault(row.person, []).append(one)
        return found

    async def replace(self, person: str, hours: Sequence[QuietHours]) -> None:
        """Store these instead of what was."""
        await self._connection.execute(delete(quiet_hours).where(quiet_hours.c.person == person))
        rows = [
            {
                "person": person,
                "position": at,
                "start": one.start,
                "end": one.end,
                "zone": one.zone,
                "device": one.device,
            }
            for at, one in enumerate(hours)
        ]
        if rows:
            await self._connection.execute(insert(quiet_hours), rows)
