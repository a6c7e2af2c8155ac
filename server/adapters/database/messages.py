"""Messages as they stand: the timeline's events folded as they come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKeyConstraint,
    Integer,
    Row,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.metadata import Id, Instant, metadata
from server.domain.chat import Message
from server.domain.timeline import Sender

messages = Table(
    "messages",
    metadata,
    Column("room", Id, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("id", Id, nullable=False),
    Column("client_id", Id, nullable=False),
    Column("at", Instant, nullable=False),
    Column("sender", Id, nullable=False),
    Column("sender_name", String(120), nullable=False),
    Column("text", Text, nullable=False),
    Column("urgent", Boolean(create_constraint=False), nullable=False),
    Column("edited", Boolean(create_constraint=False), nullable=False),
    Column("deleted", Boolean(create_constraint=False), nullable=False),
    ForeignKeyConstraint(["room", "seq"], ["events.room", "events.seq"], ondelete="CASCADE"),
)


class MessageRows:
    """Messages on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, message: Message) -> None:
        """Store a new one."""
        row = insert(messages).values(
            room=message.room,
            seq=message.seq,
            id=message.id,
            client_id=message.client_id,
            at=message.at,
            sender=message.sender.id,
            sender_name=message.sender.name,
            text=message.text,
            urgent=message.urgent,
            edited=message.edited,
            deleted=message.deleted,
        )
        await self._connection.execute(row)

    async def find(self, room_id: str, seq: int) -> Message | None:
        """One message, deleted or not."""
        query = select(messages).where(messages.c.room == room_id, messages.c.seq == seq)
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else message_of(row)

    async def update(self, message: Message) -> None:
        """Store what an edit or a deletion changed."""
        statement = (
            update(messages)
            .where(messages.c.room == message.room, messages.c.seq == message.seq)
            .values(text=message.text, edited=message.edited, deleted=message.deleted)
        )
        await self._connection.execute(statement)

    async def last(self, room_id: str, limit: int) -> Sequence[Message]:
        """The latest, oldest first."""
        query = (
            select(messages)
            .where(messages.c.room == room_id)
            .order_by(messages.c.seq.desc())
            .limit(limit)
        )
        return [message_of(row) for row in reversed((await self._connection.execute(query)).all())]


def message_of(row: Row[Any], prefix: str = "") -> Message:
    """A message from a row whose columns may carry a prefix."""
    values = row._mapping
    return Message(
        room=values[prefix + "room"],
        seq=values[prefix + "seq"],
        id=values[prefix + "id"],
        client_id=values[prefix + "client_id"],
        at=values[prefix + "at"],
        sender=Sender(values[prefix + "sender"], values[prefix + "sender_name"]),
        text=values[prefix + "text"],
        urgent=values[prefix + "urgent"],
        edited=values[prefix + "edited"],
        deleted=values[prefix + "deleted"],
    )
