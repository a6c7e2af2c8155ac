"""Push subscriptions, pushes and the key that signs them, as rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.inserts import insert_new
from server.adapters.database.metadata import Id, Instant, metadata
from server.domain.pushes import KEY_LIMIT, Push, Subscription
from server.domain.webhooks import URL_LIMIT

subscriptions = Table(
    "push_subscriptions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("endpoint", String(URL_LIMIT), nullable=False, unique=True),
    Column("p256dh", String(KEY_LIMIT), nullable=False),
    Column("auth", String(KEY_LIMIT), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("used_at", Instant),
)
pushes = Table(
    "pushes",
    metadata,
    Column("id", Id, primary_key=True),
    Column(
        "subscription", Id, ForeignKey("push_subscriptions.id", ondelete="CASCADE"), nullable=False
    ),
    Column("person", Id, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("subject", Id, nullable=False),
    Column("place", String(200), nullable=False),
    Column("due_at", Instant, nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
    Column("rank", Integer, nullable=False),
    Index("ix_pushes_subject", "kind", "subject"),
)
vapid_keys = Table(
    "vapid_keys",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("private", LargeBinary, nullable=False),
)
_ONLY = 1


class PushRows:
    """Pushes on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def subscribe(self, subscription: Subscription, limit: int) -> None:
        """Store it instead of a former one of the same address; the oldest beyond go."""
        same = subscriptions.c.endpoint == subscription.endpoint
        await self._connection.execute(delete(subscriptions).where(same))
        await self._connection.execute(insert(subscriptions).values(asdict(subscription)))
        beyond = [one.id for one in await self.of(subscription.person)][:-limit]
        if beyond:
            await self._connection.execute(
                delete(subscriptions).where(subscriptions.c.id.in_(beyond))
            )

    async def of(self, person: str) -> Sequence[Subscription]:
        """A person's, oldest first."""
        query = select(subscriptions).where(subscriptions.c.person == person)
        rows = (await self._connection.execute(query.order_by(subscriptions.c.id))).all()
        return [Subscription(**row._mapping) for row in rows]

    async def of_people(self, people: Collection[str]) -> Mapping[str, Sequence[Subscription]]:
        """Those of several people who have any, in one query."""
        query = select(subscriptions).where(subscriptions.c.person.in_(people))
        rows = await self._connection.execute(query.order_by(subscriptions.c.id))
        found: dict[str, list[Subscription]] = {}
        for row in rows.all():
            found.setdefault(row.person, []).append(Subscription(**row._mapping))
        return found

    async def pending(self, kind: str, subject: str, person: str) -> bool:
        """Whether something for this person is still on its way."""
        query = select(pushes.c.id).where(
            pushes.c.kind == kind, pushes.c.subject == subject, pushes.c.person == person
        )
        return (await self._connection.execute(query.limit(1))).first() is not None

    async def under_way(self, kind: str, subjects: Collection[str], person: str) -> Collection[str]:
        """About which of these something for this person is still on its way."""
        query = select(pushes.c.subject).where(
            pushes.c.kind == kind, pushes.c.subject.in_(subjects), pushes.c.person == person
        )
        return set(await self._connection.scalars(query))

    async def find(self, ids: Collection[str]) -> Mapping[str, Subscription]:
        """Subscriptions by id, in one query."""
        query = select(subscriptions).where(subscriptions.c.id.in_(ids))
        rows = (await self._connection.execute(query)).all() if ids else ()
        return {row.id: Subscription(**row._mapping) for row in rows}

    async def unsubscribe(self, subscription: str, person: str | None = None) -> bool:
        """Forget it and its pushes, if it is that person's; False when there is none."""
        statement = delete(subscriptions).where(subscriptions.c.id == subscription)
        if person is not None:
            statement = statement.where(subscriptions.c.person == person)
        return bool((await self._connection.execute(statement)).rowcount)

    async def enqueue(self, new: Sequence[Push]) -> None:
        """Store new pushes."""
        if new:
            await self._connection.execute(insert(pushes), [asdict(one) for one in new])

    async def cancel(self, kind: str, subject: str) -> None:
        """Forget what was not sent yet."""
        await self._connection.execute(
            delete(pushes).where(pushes.c.kind == kind, pushes.c.subject == subject)
        )

    async def lease(self, now: datetime, until: datetime, limit: int) -> Sequence[Push]:
        """Take due pushes for a while, the most urgent first, then the oldest."""
        query = (
            select(pushes)
            .where(pushes.c.due_at <= now)
            .order_by(pushes.c.rank, pushes.c.due_at, pushes.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        found = [Push(**row._mapping) for row in (await self._connection.execute(query)).all()]
        held = pushes.c.id.in_([one.id for one in found])
        if found:
            await self._connection.execute(update(pushes).where(held).values(due_at=until))
        return found

    async def postpone(self, push: Push) -> None:
        """Store the next attempt, unless it was cancelled meanwhile."""
        statement = update(pushes).where(pushes.c.id == push.id)
        await self._connection.execute(statement.values(due_at=push.due_at, attempts=push.attempts))

    async def done(self, push: str, subscription: str, used_at: datetime | None) -> None:
        """Forget a push; a success is noted on its subscription."""
        await self._connection.execute(delete(pushes).where(pushes.c.id == push))
        if used_at is not None:
            statement = update(subscriptions).where(subscriptions.c.id == subscription)
            await self._connection.execute(statement.values(used_at=used_at))

    async def key(self) -> bytes | None:
        """The sealed private VAPID key (RFC 8292)."""
        query = select(vapid_keys.c.private).where(vapid_keys.c.id == _ONLY)
        found = (await self._connection.execute(query)).scalar_one_or_none()
        return None if found is None else bytes(found)

    async def keep_key(self, sealed: bytes) -> bool:
        """Store it, once; False when another process was first."""
        row = {"id": _ONLY, "private": sealed}
        return await insert_new(self._connection, vapid_keys, row)
