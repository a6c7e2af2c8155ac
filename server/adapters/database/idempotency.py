"""Idempotency keys and the answers they first got."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ColumnElement, Integer, String, Table, Text, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.inserts import insert_new
from server.adapters.database.metadata import Id, Instant, metadata
from server.services.ports.idempotency import Reservation, StoredAnswer

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("person", Id, primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("reserved_at", Instant, nullable=False, index=True),
    Column("status", Integer),
    Column("body", Text),
)
_columns = idempotency_keys.c


class IdempotencyRows:
    """The keys on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def reserve(self, person: str, key: str, fingerprint: str, now: datetime) -> bool:
        """Take the key; False when it is taken."""
        row = {"person": person, "key": key, "fingerprint": fingerprint, "reserved_at": now}
        return await insert_new(self._connection, idempotency_keys, row)

    async def find(self, person: str, key: str) -> Reservation | None:
        """The key, if taken."""
        query = select(_columns.fingerprint, _columns.status, _columns.body)
        row = (await self._connection.execute(query.where(*self._is(person, key)))).one_or_none()
        if row is None:
            return None
        answer = None if row.status is None else StoredAnswer(row.status, row.body)
        return Reservation(row.fingerprint, answer)

    async def answer(self, person: str, key: str, answer: StoredAnswer) -> None:
        """Keep the first answer."""
        row = update(idempotency_keys).where(*self._is(person, key))
        await self._connection.execute(row.values(status=answer.status, body=answer.body))

    async def expire(self, before: datetime) -> None:
        """Forget old keys."""
        row = delete(idempotency_keys).where(_columns.reserved_at < before)
        await self._connection.execute(row)

    @staticmethod
    def _is(person: str, key: str) -> tuple[ColumnElement[bool], ...]:
        return (_columns.person == person, _columns.key == key)
