"""PACS endpoints and pulls as rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    Row,
    Select,
    String,
    Table,
    and_,
    delete,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.metadata import Id, Instant, metadata
from server.domain.pacs import NAME_LIMIT, URL_LIMIT, Endpoint, Pull, PullState

pacs = Table(
    "pacs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation", Id, ForeignKey("organisations.id"), nullable=False, index=True),
    Column("name", String(NAME_LIMIT), nullable=False),
    Column("url", String(URL_LIMIT), nullable=False),
    Column("username", String(120)),
    Column("password", LargeBinary),
)
pulls = Table(
    "pulls",
    metadata,
    Column("id", Id, primary_key=True),
    Column("study", Id, ForeignKey("studies.id"), nullable=False, index=True),
    Column("endpoint", Id, nullable=False),
    Column("study_uid", String(64), nullable=False),
    Column("by", Id, nullable=False),
    Column("by_name", String(120), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expected", Integer, nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("received", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("failure", String(80)),
    Column("attempts", Integer, nullable=False),
    Column("leased_until", Instant),
)


class PacsRows:
    """PACS endpoints and pulls on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, endpoint: Endpoint) -> None:
        """Store a new endpoint."""
        await self._connection.execute(insert(pacs).values(asdict(endpoint)))

    async def remove(self, endpoint_id: str) -> bool:
        """Forget one; False when it is unknown."""
        row = delete(pacs).where(pacs.c.id == endpoint_id)
        return bool((await self._connection.execute(row)).rowcount)

    async def all(self) -> Sequence[Endpoint]:
        """Every endpoint, by name."""
        return await self._endpoints(select(pacs))

    async def of_organisations(self, organisations: Collection[str]) -> Sequence[Endpoint]:
        """Endpoints of these organisations, by name."""
        return await self._endpoints(select(pacs).where(pacs.c.organisation.in_(organisations)))

    async def find(self, endpoint_id: str) -> Endpoint | None:
        """One endpoint."""
        found = await self._endpoints(select(pacs).where(pacs.c.id == endpoint_id))
        return found[0] if found else None

    async def add_pull(self, pull: Pull) -> None:
        """Store a new pull."""
        await self._connection.execute(insert(pulls).values(asdict(pull)))

    async def pull(self, pull_id: str) -> Pull | None:
        """One pull."""
        return await self._one(select(pulls).where(pulls.c.id == pull_id))

    async def pulls(self, study_id: str) -> Sequence[Pull]:
        """A study's pulls, newest first."""
        query = select(pulls).where(pulls.c.study == study_id)
        rows = await self._connection.execute(query.order_by(pulls.c.created_at.desc(), pulls.c.id))
        return [_pull(row) for row in rows]

    async def due(self, now: datetime) -> Pull | None:
        """One that waits, or whose worker died, that no other transaction holds."""
        died = and_(pulls.c.state == PullState.RUNNING, pulls.c.leased_until <= now)
        query = (
            select(pulls)
            .where(or_(pulls.c.state == PullState.WAITING, died))
            .order_by(pulls.c.created_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        return await self._one(query)

    async def update_pull(self, pull: Pull) -> None:
        """Store what changed."""
        row = update(pulls).where(pulls.c.id == pull.id).values(asdict(pull))
        await self._connection.execute(row)

    async def _endpoints(self, query: Select[Any]) -> list[Endpoint]:
        rows = await self._connection.execute(query.order_by(pacs.c.name, pacs.c.id))
        return [Endpoint(**row._mapping) for row in rows]

    async def _one(self, query: Select[Any]) -> Pull | None:
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _pull(row)


def _pull(row: Row[Any]) -> Pull:
    return Pull(**dict(row._mapping) | {"state": PullState(row.state)})
