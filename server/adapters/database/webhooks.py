"""Webhooks and their deliveries as rows."""

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
    Select,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.accounts import user_roles
from server.adapters.database.metadata import Id, Instant, Json, metadata
from server.adapters.database.rooms import rooms
from server.domain.webhooks import (
    DESCRIPTION_LIMIT,
    URL_LIMIT,
    Delivery,
    DeliveryState,
    Endpoint,
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation", Id, nullable=False, index=True),
    Column("url", String(URL_LIMIT), nullable=False),
    Column("description", String(DESCRIPTION_LIMIT), nullable=False),
    Column("events", Json, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("created_by", Id, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("is_enabled", Boolean(create_constraint=False), nullable=False),
)
deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("endpoint", Id, ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("message", Id, nullable=False),
    Column("type", String(40), nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("status", Integer),
    Column("error", String(200)),
    Column("ended_at", Instant, index=True),
    Index("ix_webhook_deliveries_due", "state", "due_at"),
    Index("ix_webhook_deliveries_log", "endpoint", "id"),
)


class WebhookRows:
    """Webhooks on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, endpoint: Endpoint) -> None:
        """Store a new endpoint."""
        await self._connection.execute(insert(webhooks).values(_row(endpoint)))

    async def find(self, endpoint: str) -> Endpoint | None:
        """One endpoint."""
        found = await self._endpoints(select(webhooks).where(webhooks.c.id == endpoint))
        return found[0] if found else None

    async def of(self, organisations: Collection[str]) -> Sequence[Endpoint]:
        """Those of some organisations, oldest first."""
        query = select(webhooks).where(webhooks.c.organisation.in_(organisations))
        return await self._endpoints(query.order_by(webhooks.c.id))

    async def update(self, endpoint: Endpoint) -> None:
        """Store what may change."""
        statement = update(webhooks).where(webhooks.c.id == endpoint.id)
        await self._connection.execute(statement.values(_row(endpoint)))

    async def remove(self, endpoint: str) -> None:
        """Forget it and its deliveries."""
        await self._connection.execute(delete(webhooks).where(webhooks.c.id == endpoint))

    async def hearing(self, places: Collection[str]) -> Mapping[str, Sequence[Endpoint]]:
        """By room: enabled ones of organisations to which the room's creator belongs."""
        theirs = (
            select(rooms.c.id.label("place"), user_roles.c.organisation)
            .join(user_roles, user_roles.c.user == rooms.c.created_by)
            .where(rooms.c.id.in_(places))
            .distinct()
            .subquery()
        )
        query = (
            select(theirs.c.place, webhooks)
            .join(webhooks, webhooks.c.organisation == theirs.c.organisation)
            .where(webhooks.c.is_enabled.is_(True))
            .order_by(webhooks.c.id)
        )
        found: dict[str, list[Endpoint]] = {}
        for row in await self._connection.execute(query):
            values = dict(row._mapping)
            found.setdefault(values.pop("place"), []).append(_endpoint(values))
        return found

    async def enqueue(self, messages: Sequence[Delivery]) -> None:
        """Store new deliveries."""
        if messages:
            await self._connection.execute(insert(deliveries), [asdict(one) for one in messages])

    async def lease(self, now: datetime, until: datetime, limit: int) -> Sequence[Delivery]:
        """Take due deliveries of enabled endpoints for a while, oldest first."""
        query = (
            select(deliveries)
            .join(webhooks, webhooks.c.id == deliveries.c.endpoint)
            .where(
                deliveries.c.state == DeliveryState.PENDING.value,
                deliveries.c.due_at <= now,
                webhooks.c.is_enabled.is_(True),
            )
            .order_by(deliveries.c.due_at, deliveries.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True, of=deliveries)
        )
        found = await self._deliveries(query)
        held = deliveries.c.id.in_([one.id for one in found])
        if found:
            await self._connection.execute(update(deliveries).where(held).values(due_at=until))
        return found

    async def endpoints(self, ids: Collection[str]) -> Mapping[str, Endpoint]:
        """Endpoints by id, in one query."""
        found = await self._endpoints(select(webhooks).where(webhooks.c.id.in_(ids)))
        return {endpoint.id: endpoint for endpoint in found}

    async def record(self, delivery: Delivery) -> None:
        """Store how an attempt went."""
        statement = update(deliveries).where(deliveries.c.id == delivery.id)
        await self._connection.execute(statement.values(asdict(delivery)))

    async def delivery(self, endpoint: str, delivery_id: str) -> Delivery | None:
        """One delivery of an endpoint."""
        query = select(deliveries).where(
            deliveries.c.endpoint == endpoint, deliveries.c.id == delivery_id
        )
        found = await self._deliveries(query)
        return found[0] if found else None

    async def deliveries(
        self, endpoint: str, state: DeliveryState | None, before: str | None, limit: int
    ) -> Sequence[Delivery]:
        """Newest first, older than `before`."""
        query = select(deliveries).where(deliveries.c.endpoint == endpoint)
        if state is not None:
            query = query.where(deliveries.c.state == state.value)
        if before is not None:
            query = query.where(deliveries.c.id < before)
        return await self._deliveries(query.order_by(deliveries.c.id.desc()).limit(limit))

    async def failed_since(self, endpoint: str, since: datetime) -> Sequence[Delivery]:
        """Those that failed for good, oldest first."""
        query = select(deliveries).where(
            deliveries.c.endpoint == endpoint,
            deliveries.c.state == DeliveryState.FAILED.value,
            deliveries.c.created_at >= since,
        )
        return await self._deliveries(query.order_by(deliveries.c.id).limit(1000))

    async def purge(self, before: datetime) -> int:
        """Forget deliveries that ended before an instant; answers how many."""
        statement = delete(deliveries).where(deliveries.c.ended_at < before)
        return (await self._connection.execute(statement)).rowcount

    async def _endpoints(self, query: Select[Any]) -> list[Endpoint]:
        return [_endpoint(row) for row in (await self._connection.execute(query)).mappings()]

    async def _deliveries(self, query: Select[Any]) -> list[Delivery]:
        return [_delivery(row) for row in (await self._connection.execute(query)).all()]


def _row(endpoint: Endpoint) -> dict[str, Any]:
    return asdict(endpoint) | {"events": sorted(endpoint.events)}


def _endpoint(values: Mapping[str, Any]) -> Endpoint:
    return Endpoint(**dict(values) | {"events": frozenset(values["events"])})


def _delivery(row: Row[Any]) -> Delivery:
    values = dict(row._mapping)
    return Delivery(**values | {"state": DeliveryState(values["state"])})
