"""The network's organisations."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, String, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.inserts import insert_new
from server.adapters.database.metadata import Id, metadata
from server.domain.organisations import Kind, Organisation

organisations = Table(
    "organisations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("kind", String(40), nullable=False),
    Column("is_demo", Boolean, nullable=False),
)


class OrganisationRows:
    """Organisations on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, organisation: Organisation) -> bool:
        """Store a new one; False when the name is taken."""
        row = {
            "id": organisation.id,
            "name": organisation.name,
            "kind": organisation.kind.value,
            "is_demo": organisation.is_demo,
        }
        return await insert_new(self._connection, organisations, row)

    async def all(self) -> list[Organisation]:
        """Every one, by name."""
        rows = await self._connection.execute(select(organisations).order_by(organisations.c.name))
        return [Organisation(row.id, row.name, Kind(row.kind), row.is_demo) for row in rows]

    async def known(self, ids: frozenset[str]) -> frozenset[str]:
        """Those of the ids that exist."""
        query = select(organisations.c.id).where(organisations.c.id.in_(ids))
        return frozenset((await self._connection.execute(query)).scalars())
