"""Audit entries: appended in each transaction, sealed into a hash chain afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Integer, String, Table, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.metadata import Id, Instant, Json, metadata

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("actor", Id, nullable=False),
    Column("action", String(80), nullable=False),
    Column("subject", Id, nullable=False),
    Column("data", Json, nullable=False),
)


class AuditRows:
    """The trail on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def record(
        self, at: datetime, actor: str, action: str, subject: str, data: Mapping[str, Any]
    ) -> None:
        """Append an entry, not yet sealed."""
        row = insert(audit_entries).values(
            at=at, actor=actor, action=action, subject=subject, data=dict(data)
        )
        await self._connection.execute(row)
