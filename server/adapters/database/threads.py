"""Threads as rows, one per room of their kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Integer,
    Row,
    Select,
    String,
    Table,
    UniqueConstraint,
    and_,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.memberships import membership_of, memberships
from server.adapters.database.messages import message_of, messages
from server.adapters.database.metadata import Id, Instant, metadata
from server.adapters.database.rooms import rooms
from server.domain.chat import CLIENT_ID_LIMIT
from server.domain.memberships import Membership, MembershipState
from server.domain.threads import Thread
from server.services.ports.threads import Stored

threads = Table(
    "threads",
    metadata,
    Column("room", Id, ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
    Column("rota", Id, ForeignKey("rotas.id"), nullable=False, index=True),
    Column("opener", Id, nullable=False),
    Column("client_id", String(CLIENT_ID_LIMIT), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("repeat_s", Integer, nullable=False),
    Column("holder", Id, index=True),
    Column("holder_seated", Boolean(create_constraint=False), nullable=False),
    Column("backup", Id, index=True),
    Column("escalated_at", Instant),
    Column("last", Integer, nullable=False),
    Column("urgent", Integer, nullable=False),
    Column("urgent_at", Instant),
    Column("reminders", Integer, nullable=False),
    Column("reminded_at", Instant),
    Column("acknowledged", Integer, nullable=False),
    Column("acknowledged_by", Id),
    Column("acknowledged_at", Instant),
    UniqueConstraint("opener", "client_id"),
)


class ThreadRows:
    """Threads on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, thread: Thread) -> None:
        """Store a new one."""
        await self._connection.execute(insert(threads).values(asdict(thread)))

    async def lock(self, room: str) -> Thread | None:
        """One, kept as it is until the transaction ends."""
        found = await self._threads(select(threads).where(threads.c.room == room).with_for_update())
        return found[0] if found else None

    async def by_client_id(self, opener: str, client_id: str) -> Thread | None:
        """What the same request opened before."""
        same = and_(threads.c.opener == opener, threads.c.client_id == client_id)
        found = await self._threads(select(threads).where(same))
        return found[0] if found else None

    async def update(self, thread: Thread) -> None:
        """Store what changed."""
        statement = update(threads).where(threads.c.room == thread.room)
        await self._connection.execute(statement.values(asdict(thread)))

    async def find(self, room: str) -> Stored | None:
        """One, to show."""
        found = await self._stored(_beside_messages().where(threads.c.room == room))
        return found[0] if found else None

    async def of_person(self, person: str, limit: int) -> Sequence[Stored]:
        """Those a person is in, the latest activity first."""
        is_in = and_(
            memberships.c.room == threads.c.room,
            memberships.c.person == person,
            memberships.c.state == MembershipState.ACTIVE.value,
        )
        query = (
            _beside_messages()
            .where(select(memberships.c.room).where(is_in).exists())
            .order_by(rooms.c.active_at.desc(), threads.c.room.desc())
            .limit(limit)
        )
        return await self._stored(query)

    async def awaiting(self, person: str) -> Sequence[Thread]:
        """Open ones whose urgent message waits for this person, oldest first."""
        query = (
            select(threads)
            .join(rooms, rooms.c.id == threads.c.room)
            .where(
                or_(threads.c.holder == person, threads.c.backup == person),
                threads.c.urgent > threads.c.acknowledged,
                rooms.c.closed_at.is_(None),
            )
            .order_by(threads.c.urgent_at)
        )
        return await self._threads(query)

    async def misplaced(self, rota: str, holder: str | None, limit: int) -> Sequence[Thread]:
        """Open ones of a rota whose seat is not this holder's, locked."""
        query = (
            select(threads)
            .join(rooms, rooms.c.id == threads.c.room)
            .where(
                threads.c.rota == rota,
                threads.c.holder.is_distinct_from(holder),
                rooms.c.closed_at.is_(None),
            )
            .order_by(threads.c.room)
            .limit(limit)
            .with_for_update(of=threads)
        )
        return await self._threads(query)

    async def members(self, ids: Collection[str]) -> Mapping[str, Sequence[Membership]]:
        """Who is in the rooms now, in one query."""
        query = (
            select(memberships)
            .where(
                memberships.c.room.in_(ids),
                memberships.c.state == MembershipState.ACTIVE.value,
            )
            .order_by(memberships.c.added_at, memberships.c.person)
        )
        found: dict[str, list[Membership]] = defaultdict(list)
        for row in await self._connection.execute(query) if ids else ():
            found[row.room].append(membership_of(row))
        return found

    async def _threads(self, query: Select[Any]) -> list[Thread]:
        rows = (await self._connection.execute(query)).all()
        return [Thread(**row._mapping) for row in rows]

    async def _stored(self, query: Select[Any]) -> list[Stored]:
        return [_stored(row) for row in (await self._connection.execute(query)).all()]


def _beside_messages() -> Select[Any]:
    is_last = and_(messages.c.room == threads.c.room, messages.c.seq == threads.c.last)
    return (
        select(
            *(column.label(f"thread_{column.name}") for column in threads.c),
            *(column.label(f"message_{column.name}") for column in messages.c),
            rooms.c.closed_at,
        )
        .select_from(threads)
        .join(rooms, rooms.c.id == threads.c.room)
        .outerjoin(messages, is_last)
    )


def _stored(row: Row[Any]) -> Stored:
    values = dict(row._mapping)
    thread = Thread(**{column.name: values[f"thread_{column.name}"] for column in threads.c})
    last = None if row.message_seq is None else message_of(row, "message_")
    return Stored(thread, last, closed=row.closed_at is not None)
