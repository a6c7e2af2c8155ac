"""The timelines' events; the unique key makes sending idempotent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    Row,
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

from server.adapters.database.metadata import Id, Instant, Json, metadata
from server.domain.timeline import Event, EventType, Sender

events = Table(
    "events",
    metadata,
    Column("room", Id, ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("id", Id, nullable=False, unique=True),
    Column("type", String(40), nullable=False),
    Column("at", Instant, nullable=False),
    Column("sender", Id),
    Column("sender_name", String(120)),
    Column("client_id", Id),
    Column("message", Integer),  # the message that an edit or a deletion is about
    Column("data", Json, nullable=False),
    UniqueConstraint("room", "sender", "client_id"),
    Index(None, "room", "type", "seq"),
)


class EventRows:
    """Events on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, *new: Event) -> None:
        """Store some under their numbers."""
        if new:
            await self._connection.execute(insert(events), [_row(event) for event in new])

    async def by_client_id(self, room_id: str, sender: str, client_id: str) -> Event | None:
        """What this sender already sent under this id."""
        query = select(events).where(
            events.c.room == room_id, events.c.sender == sender, events.c.client_id == client_id
        )
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _event(row)

    async def after(self, room_id: str, seq: int, limit: int) -> Sequence[Event]:
        """Later events in order."""
        query = (
            select(events)
            .where(events.c.room == room_id, events.c.seq > seq)
            .order_by(events.c.seq)
            .limit(limit)
        )
        return [_event(row) for row in (await self._connection.execute(query)).all()]

    async def of_types(self, room_id: str, types: Collection[EventType]) -> Sequence[Event]:
        """A room's events of some types, in order."""
        words = [kind.value for kind in types]
        query = (
            select(events)
            .where(events.c.room == room_id, events.c.type.in_(words))
            .order_by(events.c.seq)
        )
        return [_event(row) for row in (await self._connection.execute(query)).all()]

    async def erase_text(self, room_id: str, message: int) -> None:
        """Blank the text of a posted message and of its edits."""
        posted = and_(events.c.seq == message, events.c.type == EventType.MESSAGE_POSTED.value)
        edits = and_(events.c.message == message, events.c.type == EventType.MESSAGE_EDITED.value)
        query = select(events.c.seq, events.c.data).where(
            events.c.room == room_id, or_(posted, edits)
        )
        for seq, data in (await self._connection.execute(query)).all():
            blank = update(events).where(events.c.room == room_id, events.c.seq == seq)
            await self._connection.execute(blank.values(data=data | {"text": ""}))


def _event(row: Row[Any]) -> Event:
    return Event(
        room=row.room,
        seq=row.seq,
        id=row.id,
        type=EventType(row.type),
        at=row.at,
        sender=None if row.sender is None else Sender(row.sender, row.sender_name),
        data=row.data,
        client_id=row.client_id,
    )


def _row(event: Event) -> dict[str, Any]:
    return {
        "room": event.room,
        "seq": event.seq,
        "id": event.id,
        "type": event.type.value,
        "at": event.at,
        "sender": event.sender.id if event.sender else None,
        "sender_name": event.sender.name if event.sender else None,
        "client_id": event.client_id,
        "message": event.data.get("message"),
        "data": dict(event.data),
    }
