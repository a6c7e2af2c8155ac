"""Audit entries: appended in each transaction, sealed into a hash chain afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Index,
    Integer,
    Row,
    String,
    Table,
    bindparam,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.metadata import Id, Instant, Json, metadata
from server.domain.audit import Entry, Fact, Head, Record

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("actor", Id, nullable=False),
    Column("action", String(80), nullable=False),
    Column("subject", Id, nullable=False),
    Column("data", Json, nullable=False),
    Column("position", Integer, unique=True),  # in the chain, once sealed
    Column("hash", String(64)),
)
Index(
    "ix_audit_entries_unsealed",
    audit_entries.c.n,
    sqlite_where=audit_entries.c.position.is_(None),
    postgresql_where=audit_entries.c.position.is_(None),
)

CHAIN_LOCK = 0x61756469  # "audi": PostgreSQL's advisory lock of whoever appends


class AuditRows:
    """The trail on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def record(
        self, at: datetime, actor: str, action: str, subject: str, data: Mapping[str, Any]
    ) -> None:
        """Append an entry, not yet sealed."""
        await self.record_all([Fact(at, actor, action, subject, data)])

    async def record_all(self, entries: Sequence[Fact]) -> None:
        """Append several, in order."""
        rows = [_row(one) for one in entries]
        if rows:
            await self._connection.execute(insert(audit_entries), rows)

    async def head(self, *, to_append: bool = False) -> Head:
        """The end of the chain; to append, it is locked until the transaction ends."""
        if to_append and self._connection.dialect.name == "postgresql":
            await self._connection.execute(select(func.pg_advisory_xact_lock(CHAIN_LOCK)))
        query = (
            select(audit_entries.c.position, audit_entries.c.hash)
            .where(audit_entries.c.position.is_not(None))
            .order_by(audit_entries.c.position.desc())
            .limit(1)
        )
        row = (await self._connection.execute(query)).one_or_none()
        return Head() if row is None else Head(row.position, row.hash)

    async def unsealed(self, limit: int) -> Sequence[Entry]:
        """Entries not yet in the chain, oldest first."""
        query = (
            select(audit_entries)
            .where(audit_entries.c.position.is_(None))
            .order_by(audit_entries.c.n)
            .limit(limit)
        )
        return [_entry(row) for row in await self._connection.execute(query)]

    async def add_seals(self, records: Sequence[Record]) -> None:
        """Store the entries' places in the chain."""
        statement = (
            update(audit_entries)
            .where(audit_entries.c.n == bindparam("number"))
            .values(position=bindparam("place"), hash=bindparam("seal"))
        )
        rows = [
            {"number": record.entry.n, "place": record.position, "seal": record.hash}
            for record in records
        ]
        if rows:
            await self._connection.execute(statement, rows)

    async def page(self, after: int, limit: int) -> Sequence[Entry]:
        """Entries with greater numbers, oldest first."""
        query = (
            select(audit_entries)
            .where(audit_entries.c.n > after)
            .order_by(audit_entries.c.n)
            .limit(limit)
        )
        return [_entry(row) for row in await self._connection.execute(query)]

    async def chain(self) -> AsyncIterator[Record]:
        """Every sealed record, by position."""
        query = (
            select(audit_entries)
            .where(audit_entries.c.position.is_not(None))
            .order_by(audit_entries.c.position)
        )
        async for row in await self._connection.stream(query):
            yield Record(row.position, _entry(row), row.hash or "")


def _entry(row: Row[Any]) -> Entry:
    return Entry(row.n, row.at, row.actor, row.action, row.subject, row.data)


def _row(fact: Fact) -> dict[str, Any]:
    return {
        "at": fact.at,
        "actor": fact.actor,
        "action": fact.action,
        "subject": fact.subject,
        "data": dict(fact.data),
    }
