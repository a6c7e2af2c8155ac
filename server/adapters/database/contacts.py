"""Contact methods and the messages to them, as rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    UniqueConstraint,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.inserts import insert_new
from server.adapters.database.metadata import Id, Instant, metadata
from server.domain.contact_messages import SERVICE_LIMIT, Message, MessageState
from server.domain.contact_methods import VALUE_LIMIT, ContactMethod, Kind

contact_methods = Table(
    "contact_methods",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("value", String(VALUE_LIMIT), nullable=False),
    Column("after_s", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("is_enabled", Boolean(create_constraint=False), nullable=False),
    Column("proved_at", Instant),
    Column("used_at", Instant),
    Column("error", String(40)),
    Column("code_digest", String(64)),
    Column("code_until", Instant),
    Column("code_tries", Integer, nullable=False),
    UniqueConstraint("person", "kind", "value"),
)
contact_messages = Table(
    "contact_messages",
    metadata,
    Column("id", Id, primary_key=True),
    Column(
        "method",
        Id,
        ForeignKey("contact_methods.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("channel", String(20), nullable=False),
    Column("person", Id, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("subject", Id, nullable=False),
    Column("place", String(200), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("service", String(SERVICE_LIMIT), nullable=False),
    Column("priority", String(20), nullable=False),
    Column("sealed", LargeBinary),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", String(40)),
    Column("is_over", Boolean(create_constraint=False), nullable=False),
    Column("ended_at", Instant, index=True),
    Index("ix_contact_messages_subject", "kind", "subject"),
    Index("ix_contact_messages_state_due_at", "state", "due_at"),
)
_QUEUED = contact_messages.c.state == MessageState.QUEUED.value


class ContactMethodRows:
    """Contact methods on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, method: ContactMethod) -> bool:
        """Store a new one; False when the person has the same already."""
        return await insert_new(self._connection, contact_methods, _method_row(method))

    async def of(self, person: str) -> Sequence[ContactMethod]:
        """A person's, oldest first."""
        return (await self.of_people([person])).get(person, [])

    async def of_people(self, people: Collection[str]) -> Mapping[str, Sequence[ContactMethod]]:
        """Those of several people who have any, in one query."""
        query = select(contact_methods).where(contact_methods.c.person.in_(people))
        ordered = query.order_by(contact_methods.c.created_at, contact_methods.c.id)
        rows = (await self._connection.execute(ordered)).all() if people else ()
        found: dict[str, list[ContactMethod]] = {}
        for row in rows:
            found.setdefault(row.person, []).append(_method(row))
        return found

    async def lock(self, method: str, person: str) -> ContactMethod | None:
        """One of a person's, held until the transaction ends."""
        mine = contact_methods.c.id == method, contact_methods.c.person == person
        query = select(contact_methods).where(*mine).with_for_update()
        row = (await self._connection.execute(query)).one_or_none()
        return _method(row) if row else None

    async def update(self, method: ContactMethod) -> None:
        """Store what may change."""
        statement = update(contact_methods).where(contact_methods.c.id == method.id)
        await self._connection.execute(statement.values(_method_row(method)))

    async def took(self, method: str, now: datetime) -> None:
        """Something was taken for it: it works."""
        statement = update(contact_methods).where(contact_methods.c.id == method)
        await self._connection.execute(statement.values(used_at=now, error=None))

    async def failed(self, method: str, error: str) -> None:
        """Something did not arrive."""
        statement = update(contact_methods).where(contact_methods.c.id == method)
        await self._connection.execute(statement.values(error=error))

    async def remove(self, method: str) -> None:
        """Forget it and its messages."""
        await self._connection.execute(
            delete(contact_methods).where(contact_methods.c.id == method)
        )


class ContactMessageRows:
    """Messages on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def enqueue(self, messages: Sequence[Message]) -> None:
        """Store new ones."""
        if messages:
            rows = [_message_row(one) for one in messages]
            await self._connection.execute(insert(contact_messages), rows)

    async def about(self, kind: str, subjects: Collection[str], person: str) -> Sequence[Message]:
        """What went to somebody about things that are not over, oldest first."""
        column = contact_messages.c
        query = select(contact_messages).where(
            column.kind == kind,
            column.subject.in_(subjects),
            column.person == person,
            column.is_over.is_(False),
        )
        ordered = query.order_by(column.created_at, column.id)
        rows = (await self._connection.execute(ordered)).all() if subjects else ()
        return [_message(row) for row in rows]

    async def recent(
        self, channels: Collection[Kind], since: datetime, limit: int
    ) -> Sequence[Message]:
        """What was written since then, newest first."""
        column = contact_messages.c
        query = select(contact_messages).where(
            column.channel.in_([one.value for one in channels]), column.created_at > since
        )
        ordered = query.order_by(column.created_at.desc(), column.id.desc()).limit(limit)
        return [_message(row) for row in (await self._connection.execute(ordered)).all()]

    async def cancel(self, kind: str, subject: str) -> None:
        """Forget what was not sent yet; what was sent is over."""
        here = contact_messages.c.kind == kind, contact_messages.c.subject == subject
        await self._connection.execute(delete(contact_messages).where(*here, _QUEUED))
        await self._connection.execute(update(contact_messages).where(*here).values(is_over=True))

    async def cancel_for(self, method: str, kind: str | None = None) -> None:
        """Forget what was not sent to a method yet: all of it, or one kind."""
        statement = delete(contact_messages).where(contact_messages.c.method == method, _QUEUED)
        if kind is not None:
            statement = statement.where(contact_messages.c.kind == kind)
        await self._connection.execute(statement)

    async def lease(
        self, channels: Collection[Kind], now: datetime, until: datetime, limit: int
    ) -> Sequence[Message]:
        """Take due messages for a while, the most urgent first, then the oldest."""
        column = contact_messages.c
        query = (
            select(contact_messages)
            .where(
                _QUEUED,
                column.due_at <= now,
                column.channel.in_([channel.value for channel in channels]),
            )
            .order_by(column.rank, column.due_at, column.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        found = [_message(row) for row in (await self._connection.execute(query)).all()]
        if found:
            held = column.id.in_([one.id for one in found])
            await self._connection.execute(
                update(contact_messages).where(held).values(due_at=until)
            )
        return found

    async def to(self, messages: Collection[str]) -> Mapping[str, ContactMethod]:
        """The methods of those messages that are still to be sent, by message, in one query."""
        query = (
            select(contact_messages.c.id.label("message"), contact_methods)
            .join(contact_methods, contact_methods.c.id == contact_messages.c.method)
            .where(contact_messages.c.id.in_(messages), _QUEUED)
        )
        rows = (await self._connection.execute(query)).all() if messages else ()
        return {row.message: _method(row) for row in rows}

    async def find(self, message: str) -> Message | None:
        """One message."""
        query = select(contact_messages).where(contact_messages.c.id == message)
        row = (await self._connection.execute(query)).one_or_none()
        return _message(row) if row else None

    async def record(self, message: Message) -> bool:
        """Store how an attempt went; False when it was cancelled or the gateway told more."""
        return await self._store(message, [MessageState.QUEUED])

    async def report(self, message: Message) -> bool:
        """Store what the gateway told; False when it had told before."""
        return await self._store(message, [MessageState.QUEUED, MessageState.SENT])

    async def purge(self, before: datetime) -> int:
        """Forget what ended before an instant; answers how many."""
        old = contact_messages.c.ended_at < before
        return (await self._connection.execute(delete(contact_messages).where(old))).rowcount

    async def _store(self, message: Message, former: Collection[MessageState]) -> bool:
        column = contact_messages.c
        statement = update(contact_messages).where(
            column.id == message.id, column.state.in_([state.value for state in former])
        )
        changed = await self._connection.execute(
            statement.values(
                state=message.state.value,
                due_at=message.due_at,
                attempts=message.attempts,
                error=message.error,
                sealed=message.sealed,
                ended_at=message.ended_at,
            )
        )
        return changed.rowcount == 1


def _method_row(method: ContactMethod) -> dict[str, Any]:
    return asdict(method) | {"kind": method.kind.value}


def _method(row: Row[Any]) -> ContactMethod:
    values = {name: row._mapping[name] for name in contact_methods.columns.keys()}  # noqa: SIM118
    return ContactMethod(**values | {"kind": Kind(values["kind"])})


def _message_row(message: Message) -> dict[str, Any]:
    plain = {"channel": message.channel.value, "state": message.state.value}
    return asdict(message) | plain


def _message(row: Row[Any]) -> Message:
    values = dict(row._mapping)
    values |= {"channel": Kind(values["channel"]), "state": MessageState(values["state"])}
    return Message(**values)
