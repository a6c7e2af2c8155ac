"""Rooms and the sequence that numbers their events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    Row,
    Select,
    String,
    Table,
    and_,
    false,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.memberships import membership_of, memberships
from server.adapters.database.metadata import Id, Instant, metadata
from server.domain.errors import NotFound
from server.domain.memberships import COUNTED, Membership
from server.domain.rooms import TITLE_LIMIT, Room, RoomKind, RoomState
from server.services.ports.rooms import Position

rooms = Table(
    "rooms",
    metadata,
    Column("id", Id, primary_key=True),
    Column("title", String(TITLE_LIMIT), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("scheduled_at", Instant),
    Column("duration_minutes", Integer),
    Column("lobby", Boolean(create_constraint=False), nullable=False),
    Column("locked", Boolean(create_constraint=False), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Id, nullable=False),
    Column("closed_at", Instant),
    Column("active_at", Instant, nullable=False),
    Column("last_seq", Integer, nullable=False),
    Column("recordable", Boolean(create_constraint=False), nullable=False, server_default=false()),
    Column("encrypted", Boolean(create_constraint=False), nullable=False, server_default=false()),
    Index(None, "active_at", "id"),
)


class RoomRows:
    """Rooms on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, room: Room) -> None:
        """Store a new one."""
        await self._connection.execute(insert(rooms).values(asdict(room)))

    async def find(self, room_id: str) -> Room | None:
        """One room."""
        return await self._one(select(rooms).where(rooms.c.id == room_id))

    async def lock(self, room_id: str) -> Room | None:
        """One room that nobody else changes or appends to until this transaction ends."""
        return await self._one(select(rooms).where(rooms.c.id == room_id).with_for_update())

    async def update(self, room: Room) -> None:
        """Store what may change (not the sequence)."""
        values = asdict(room)
        for fixed in ("id", "last_seq", "active_at", "created_at", "created_by"):
            del values[fixed]
        await self._connection.execute(update(rooms).where(rooms.c.id == room.id).values(values))

    async def next_seqs(self, counts: Mapping[str, int], now: datetime) -> Mapping[str, int]:
        """Number so many events of each room, which is active now; answers the last numbers.

        Raises NotFound. One statement for all rooms that get equally many.
        """
        last: dict[str, int] = {}
        for count in sorted(set(counts.values())):
            named = sorted(room for room in counts if counts[room] == count)
            statement = (
                update(rooms)
                .where(rooms.c.id.in_(named))
                .values(last_seq=rooms.c.last_seq + count, active_at=now)
                .returning(rooms.c.id, rooms.c.last_seq)
            )
            for room, seq in await self._connection.execute(statement):
                last[room] = seq
        if len(last) != len(counts):
            raise NotFound
        return last

    async def of_person(
        self,
        person: str,
        state: RoomState | None,
        after: Position | None,
        limit: int,
        kind: RoomKind | None = None,
    ) -> Sequence[tuple[Room, Membership]]:
        """Rooms in which the person is active or waits, newest activity first."""
        query = (
            select(rooms, *(column.label(f"m_{column.name}") for column in memberships.c))
            .join(memberships, memberships.c.room == rooms.c.id)
            .where(memberships.c.person == person, memberships.c.state.in_(COUNTED))
            .order_by(rooms.c.active_at.desc(), rooms.c.id.desc())
            .limit(limit)
        )
        if state is not None:
            query = query.where(*_IN_STATE[state])
        if kind is not None:
            query = query.where(rooms.c.kind == kind.value)
        if after is not None:
            older = rooms.c.active_at < after.active_at
            tied = and_(rooms.c.active_at == after.active_at, rooms.c.id < after.room)
            query = query.where(or_(older, tied))
        rows = (await self._connection.execute(query)).all()
        return [(_room(row), membership_of(row, "m_")) for row in rows]

    async def _one(self, query: Select[Any]) -> Room | None:
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _room(row)


_IN_STATE = {
    RoomState.OPEN: (rooms.c.closed_at.is_(None), rooms.c.scheduled_at.is_(None)),
    RoomState.SCHEDULED: (rooms.c.closed_at.is_(None), rooms.c.scheduled_at.is_not(None)),
    RoomState.CLOSED: (rooms.c.closed_at.is_not(None),),
}


def _room(row: Row[Any]) -> Room:
    return Room(
        id=row.id,
        title=row.title,
        created_at=row.created_at,
        created_by=row.created_by,
        active_at=row.active_at,
        scheduled_at=row.scheduled_at,
        duration_minutes=row.duration_minutes,
        lobby=row.lobby,
        locked=row.locked,
        closed_at=row.closed_at,
        last_seq=row.last_seq,
        kind=RoomKind(row.kind),
        recordable=row.recordable,
        encrypted=row.encrypted,
    )
