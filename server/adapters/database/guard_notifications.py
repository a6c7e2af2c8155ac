"""Notifications of guard requests, and the consoles on which they sound."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Row,
    Select,
    String,
    Table,
    and_,
    delete,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.inserts import insert_all_new
from server.adapters.database.metadata import Id, Instant, metadata
from server.domain.contact_messages import MessageState
from server.domain.guard_notifications import Console, Notification, Outcome

guard_notifications = Table(
    "guard_notifications",
    metadata,
    Column("request", Id, ForeignKey("guard_requests.id", ondelete="CASCADE"), primary_key=True),
    Column("round", Integer, primary_key=True, autoincrement=False),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("person", Id, primary_key=True),
    Column("channel", String(20), primary_key=True),
    Column("device", Id, primary_key=True),
    Column("name", String(120), nullable=False),
    Column("is_ready", Boolean(create_constraint=False), nullable=False),
    Column("notified_at", Instant, nullable=False),
    Column("delivered_at", Instant),
    Column("seen_at", Instant),
    Column("outcome", String(20)),
    Column("state", String(20)),
    Index("ix_guard_notifications_person_outcome", "person", "outcome"),
)

guard_consoles = Table(
    "guard_consoles",
    metadata,
    Column("person", Id, primary_key=True),
    Column("device", Id, primary_key=True),
    Column("has_sound", Boolean(create_constraint=False), nullable=False),
    Column("until", Instant, nullable=False),
)

_KEY = ("request", "round", "step", "person", "channel", "device")


class NotificationRows:
    """Notifications on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, *new: Notification) -> None:
        """Store some; one that is there already stays."""
        if new:
            await insert_all_new(self._connection, guard_notifications, [_row(one) for one in new])

    async def of_requests(self, requests: Collection[str]) -> Sequence[Notification]:
        """All of some requests, in the order in which they were sent."""
        query = select(guard_notifications).where(guard_notifications.c.request.in_(requests))
        return await self._many(query) if requests else ()

    async def pending(self, *requests: str) -> Sequence[Notification]:
        """Those of some requests without an outcome."""
        here = guard_notifications.c.request.in_(requests)
        query = select(guard_notifications).where(here, _is_pending())
        return await self._many(query) if requests else ()

    async def pending_of(self, person: str) -> Sequence[Notification]:
        """Those of a person without an outcome, oldest first."""
        here = guard_notifications.c.person == person
        return await self._many(select(guard_notifications).where(here, _is_pending()))

    async def mark_delivered(self, notification: Notification, now: datetime) -> bool:
        """It arrived on its device; False when that was known."""
        unknown = guard_notifications.c.delivered_at.is_(None)
        statement = update(guard_notifications).where(_is(notification), unknown)
        changed = await self._connection.execute(statement.values(delivered_at=now))
        return changed.rowcount == 1

    async def mark_seen(self, notification: Notification, now: datetime) -> bool:
        """It was looked at on its device; False when that was known."""
        unknown = guard_notifications.c.seen_at.is_(None)
        statement = update(guard_notifications).where(_is(notification), unknown)
        changed = await self._connection.execute(statement.values(seen_at=now))
        return changed.rowcount == 1

    async def mark_state(self, notification: Notification, state: MessageState) -> None:
        """How far its message is."""
        statement = update(guard_notifications).where(_is(notification))
        await self._connection.execute(statement.values(state=state.value))

    async def end(self, request: str, outcome: Outcome, person: str | None = None) -> None:
        """Give those without an outcome one: everybody's, or one person's."""
        statement = update(guard_notifications).where(
            guard_notifications.c.request == request, _is_pending()
        )
        if person is not None:
            statement = statement.where(guard_notifications.c.person == person)
        await self._connection.execute(statement.values(outcome=outcome.value))

    async def _many(self, query: Select[Any]) -> list[Notification]:
        column = guard_notifications.c
        order = column.notified_at, column.step, column.person, column.device
        return [
            _notification(row) for row in await self._connection.execute(query.order_by(*order))
        ]


class ConsoleRows:
    """Consoles on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def save(self, console: Console) -> None:
        """Store it instead of its former state."""
        await self.remove(console.person, console.device)
        await self._connection.execute(insert(guard_consoles).values(asdict(console)))

    async def remove(self, person: str, device: str) -> None:
        """Forget one."""
        here = guard_consoles.c.person == person, guard_consoles.c.device == device
        await self._connection.execute(delete(guard_consoles).where(*here))

    async def renew(self, consoles: Collection[tuple[str, str]], until: datetime) -> None:
        """Let these, by person and device, count on."""
        if consoles:
            key = tuple_(guard_consoles.c.person, guard_consoles.c.device)
            statement = update(guard_consoles).where(key.in_(list(consoles)))
            await self._connection.execute(statement.values(until=until))

    async def of(self, people: Collection[str], now: datetime) -> Sequence[Console]:
        """Those of people that count now."""
        query = select(guard_consoles).where(
            guard_consoles.c.person.in_(people), guard_consoles.c.until > now
        )
        rows = (await self._connection.execute(query)).all() if people else ()
        return [Console(**row._mapping) for row in rows]


def rung(person: str) -> Select[tuple[str]]:
    """The requests that somebody was alerted to, and whose alerts there have no outcome."""
    here = guard_notifications.c.person == person
    return select(guard_notifications.c.request).where(here, _is_pending())


def _is_pending() -> ColumnElement[bool]:
    return guard_notifications.c.outcome.is_(None)


def _is(notification: Notification) -> ColumnElement[bool]:
    return and_(*(guard_notifications.c[name] == getattr(notification, name) for name in _KEY))


def _row(notification: Notification) -> dict[str, Any]:
    outcome, state = notification.outcome, notification.state
    return asdict(notification) | {
        "outcome": outcome.value if outcome else None,
        "state": state.value if state else None,
    }


def _notification(row: Row[Any]) -> Notification:
    values = dict(row._mapping)
    outcome, state = values["outcome"], values["state"]
    values["outcome"] = Outcome(outcome) if outcome else None
    values["state"] = MessageState(state) if state else None
    return Notification(**values)
