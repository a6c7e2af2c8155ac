"""Signing keys, shared by every process; private parts are sealed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Column, LargeBinary, String, Table, delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.metadata import Instant, metadata
from server.services.ports.keys import SealedKey

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", String(80), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("signs_from", Instant, nullable=False, unique=True),
)


class KeyRows:
    """Signing keys on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def all(self) -> list[SealedKey]:
        """Every key; writers wait for each other until the transaction ends."""
        if self._connection.dialect.name == "postgresql":
            await self._connection.execute(
                text("LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE")
            )
        rows = await self._connection.execute(select(signing_keys))
        return [SealedKey(row.kid, row.sealed, row.signs_from) for row in rows]

    async def add(self, key: SealedKey) -> None:
        """Store a new one."""
        row = insert(signing_keys).values(kid=key.kid, sealed=key.sealed, signs_from=key.signs_from)
        await self._connection.execute(row)

    async def delete(self, kids: Sequence[str]) -> None:
        """Forget retired ones."""
        await self._connection.execute(delete(signing_keys).where(signing_keys.c.kid.in_(kids)))
