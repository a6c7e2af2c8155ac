"""Who is live in which room, and which processes are alive to hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Row,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.metadata import Id, Instant, Json, metadata
from server.domain.access import Source
from server.domain.presence import Peer

nodes = Table(
    "nodes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("expires_at", Instant, nullable=False),
)

presences = Table(
    "presences",
    metadata,
    Column("id", Id, primary_key=True),
    Column("room", Id, ForeignKey("rooms.id"), nullable=False),
    Column("person", Id, nullable=False),
    Column("name", String(120), nullable=False),
    Column("device", Id, nullable=False),
    Column("node", Id, nullable=False, index=True),
    Column("joined_at", Instant, nullable=False),
    Column("in_call", Boolean(create_constraint=False), nullable=False),
    Column("muted", Json, nullable=False),
    Column("publishing", Json, nullable=False),
    Column("hand", Boolean(create_constraint=False), nullable=False),
    Index(None, "room", "person", "device", unique=True),
)


class PresenceRows:
    """Peers and leases on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, peer: Peer) -> None:
        """Store a new one."""
        await self._connection.execute(insert(presences).values(_row(peer)))

    async def find(self, room_id: str, peer_id: str) -> Peer | None:
        """One peer of a room."""
        query = select(presences).where(presences.c.id == peer_id, presences.c.room == room_id)
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _peer(row)

    async def update(self, peer: Peer) -> None:
        """Store what may change."""
        values = {key: _row(peer)[key] for key in ("in_call", "muted", "publishing", "hand")}
        where = presences.c.id == peer.id
        await self._connection.execute(update(presences).where(where).values(values))

    async def of_room(self, room_id: str) -> Sequence[Peer]:
        """Everybody present, oldest first."""
        return await self._where(presences.c.room == room_id)

    async def people(self, room_ids: Sequence[str]) -> Mapping[str, int]:
        """How many persons are present per room; empty rooms are absent."""
        count = func.count(presences.c.person.distinct())
        where = presences.c.room.in_(room_ids)
        query = select(presences.c.room, count).where(where).group_by(presences.c.room)
        return {room: int(n) for room, n in await self._connection.execute(query)}

    async def among(self, peer_ids: Sequence[str]) -> frozenset[str]:
        """Which of these peers still are."""
        query = select(presences.c.id).where(presences.c.id.in_(peer_ids))
        return frozenset((await self._connection.execute(query)).scalars())

    async def remove(self, peer_ids: Sequence[str]) -> Sequence[Peer]:
        """Delete; answers those that still were, oldest first."""
        query = delete(presences).where(presences.c.id.in_(peer_ids)).returning(*presences.c)
        peers = [_peer(row) for row in await self._connection.execute(query)]
        return sorted(peers, key=lambda peer: (peer.joined_at, peer.id))

    async def of_node(self, node: str) -> Sequence[Peer]:
        """Everybody of one process."""
        return await self._where(presences.c.node == node)

    async def abandoned(self, now: datetime) -> Sequence[Peer]:
        """Everybody whose process has no live lease."""
        live = select(nodes.c.id).where(nodes.c.expires_at > now)
        return await self._where(presences.c.node.not_in(live))

    async def renew(self, node: str, now: datetime, expires_at: datetime) -> bool:
        """Extend the process's lease; False when it had none alive at `now`."""
        mine = nodes.c.id == node
        query = update(nodes).where(mine, nodes.c.expires_at > now).values(expires_at=expires_at)
        if (await self._connection.execute(query)).rowcount:
            return True
        await self._connection.execute(delete(nodes).where(mine))
        await self._connection.execute(insert(nodes).values(id=node, expires_at=expires_at))
        return False

    async def is_alive(self, node: str, now: datetime) -> bool:
        """Whether the process has a live lease."""
        query = select(nodes.c.id).where(nodes.c.id == node, nodes.c.expires_at > now)
        return (await self._connection.execute(query)).one_or_none() is not None

    async def release(self, node: str) -> None:
        """End the process's lease."""
        await self._connection.execute(delete(nodes).where(nodes.c.id == node))

    async def _where(self, where: ColumnElement[bool]) -> Sequence[Peer]:
        query = select(presences).where(where).order_by(presences.c.joined_at, presences.c.id)
        return [_peer(row) for row in await self._connection.execute(query)]


def _row(peer: Peer) -> dict[str, Any]:
    return {
        "id": peer.id,
        "room": peer.room,
        "person": peer.person,
        "name": peer.name,
        "device": peer.device,
        "node": peer.node,
        "joined_at": peer.joined_at,
        "in_call": peer.in_call,
        "muted": sorted(peer.muted),
        "publishing": sorted(peer.publishing),
        "hand": peer.hand,
    }


def _peer(row: Row[Any]) -> Peer:
    return Peer(
        id=row.id,
        room=row.room,
        person=row.person,
        name=row.name,
        device=row.device,
        node=row.node,
        joined_at=row.joined_at,
        in_call=row.in_call,
        muted=frozenset(map(Source, row.muted)),
        publishing=frozenset(map(Source, row.publishing)),
        hand=row.hand,
    )
