"""What memberships are worth now, read for many at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.memberships import memberships
from server.adapters.database.rooms import rooms
from server.domain.access import Grants
from server.domain.memberships import MembershipState
from server.services.ports.standings import MemberStanding

CHUNK = 5000  # two parameters each; PostgreSQL takes 32767 per statement


class StandingRows:
    """Standings on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of(
        self, seats: Collection[tuple[str, str]]
    ) -> Mapping[tuple[str, str], MemberStanding]:
        """By (room, person), in one query per 5000 seats; strangers are absent."""
        asked = sorted(set(seats))
        found: dict[tuple[str, str], MemberStanding] = {}
        for start in range(0, len(asked), CHUNK):
            found |= await self._some(asked[start : start + CHUNK])
        return found

    async def _some(
        self, seats: Collection[tuple[str, str]]
    ) -> dict[tuple[str, str], MemberStanding]:
        columns = memberships.c
        query = (
            select(columns.room, columns.person, columns.state, columns.grants, rooms.c.closed_at)
            .join(rooms, rooms.c.id == columns.room)
            .where(tuple_(columns.room, columns.person).in_(seats))
        )
        return {
            (row.room, row.person): MemberStanding(
                MembershipState(row.state),
                Grants.from_wire(row.grants),
                is_closed=row.closed_at is not None,
            )
            for row in await self._connection.execute(query)
        }
