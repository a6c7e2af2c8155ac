"""The network's organisations."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, String, Table, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

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

    async def add(self, organisation: Organisation) -> None:
        """Store a new one."""
        row = insert(organisations).values(
            id=organisation.id,
            name=organisation.name,
            kind=organisation.kind.value,
            is_demo=organisation.is_demo,
        )
        await self._connection.execute(row)

    async def all(self) -> list[Organisation]:
        """Every one, by name."""
        rows = await self._connection.execute(select(organisations).order_by(organisations.c.name))
        return [Organisation(row.id, row.name, Kind(row.kind), row.is_demo) for row in rows]

    async def known(self, ids: frozenset[str]) -> frozenset[str]:
        """Those of the ids that exist."""
        query = select(organisations.c.id).where(organisations.c.id.in_(ids))
        return frozenset((await self._connection.execute(query)).scalars())
