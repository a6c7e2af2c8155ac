"""Deadlines as rows; whoever takes one holds its subject until the transaction ends.

Rows are not locked while their handlers work: people lock a thing first and then change its
deadlines, and a handler that held the deadline while it waits for the thing would end in a
deadlock with them, or with another process that meets another deadline of the same thing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Integer,
    Select,
    String,
    Table,
    and_,
    bindparam,
    delete,
    func,
    not_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import ColumnElement

from server.adapters.database.inserts import insert_into, insert_new
from server.adapters.database.metadata import Id, Instant, Json, metadata
from server.domain.deadlines import Deadline

CANDIDATES = 50
"""How many are looked at for one that no other process is at work on."""

deadlines = Table(
    "deadlines",
    metadata,
    Column("kind", String(40), primary_key=True),
    Column("subject", Id, primary_key=True),
    Column("due_at", Instant, nullable=False, index=True),
    Column("data", Json, nullable=False),
    Column("attempts", Integer, nullable=False),
)


class DeadlineRows:
    """Deadlines on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def set(self, *new: Deadline) -> None:
        """Store each instead of a former one of the same kind and subject."""
        rows = insert_into(self._connection, deadlines)
        written = {name: rows.excluded[name] for name in ("due_at", "data", "attempts")}
        statement = rows.on_conflict_do_update(
            index_elements=[deadlines.c.kind, deadlines.c.subject], set_=written
        )
        if new:
            await self._connection.execute(statement, [asdict(one) for one in new])

    async def ensure(self, deadline: Deadline) -> None:
        """Store it unless there is one of the same kind and subject."""
        await insert_new(self._connection, deadlines, asdict(deadline))

    async def cancel(self, subject: str, *kinds: str) -> None:
        """Forget a subject's deadlines of these kinds, or all of them."""
        statement = delete(deadlines).where(deadlines.c.subject == subject)
        if kinds:
            statement = statement.where(deadlines.c.kind.in_(kinds))
        await self._connection.execute(statement)

    async def take(self, now: datetime, patient: Collection[str] = ()) -> Deadline | None:
        """One that is due and whose subject no other process is at work on.

        The oldest first, and those of a `patient` kind when there is none of another.
        """
        due = select(deadlines).where(deadlines.c.due_at <= now).order_by(deadlines.c.due_at)
        if patient:
            can_wait = deadlines.c.kind.in_(patient)
            urgent = await self._take(due.where(not_(can_wait)))
            return urgent or await self._take(due.where(can_wait))
        return await self._take(due)

    async def _take(self, due: Select[Any]) -> Deadline | None:
        if self._connection.dialect.name == "sqlite":  # one transaction writes at a time
            row = (await self._connection.execute(due.limit(1))).one_or_none()
            return Deadline(**row._mapping) if row else None
        for row in (await self._connection.execute(due.limit(CANDIDATES))).all():
            found = Deadline(**row._mapping)
            if await self._hold(found.subject) and await self._stands(found):
                return found
        return None

    async def take_beside(self, first: Deadline, now: datetime, limit: int) -> Sequence[Deadline]:
        """Others of the same kind that are due and never failed, held like the first."""
        column = deadlines.c
        alike = column.kind == first.kind, column.due_at <= now, column.attempts == 0
        others = (
            select(deadlines)
            .where(*alike, column.subject != first.subject)
            .order_by(column.due_at)
            .limit(limit)
        )
        found = await self._many(others)
        if self._connection.dialect.name == "sqlite" or not found:
            return found
        subjects = [one.subject for one in found]
        key = func.hashtextextended(column.subject, 0)
        tried = select(column.subject, func.pg_try_advisory_xact_lock(key)).where(
            column.kind == first.kind, column.subject.in_(subjects)
        )
        held = [name for name, is_held in await self._connection.execute(tried) if is_held]
        standing = select(deadlines).where(*alike, column.subject.in_(held))
        return await self._many(standing.order_by(column.due_at)) if held else ()

    async def forget(self, *met: Deadline) -> None:
        """Remove what was done, unless its handler or somebody else set the next one."""
        column = deadlines.c
        done = delete(deadlines).where(
            column.kind == bindparam("of"),
            column.subject == bindparam("about"),
            column.due_at == bindparam("at", type_=Instant()),
        )
        rows = [{"of": one.kind, "about": one.subject, "at": one.due_at} for one in met]
        if rows:
            await self._connection.execute(done, rows)

    async def _many(self, query: Select[Any]) -> list[Deadline]:
        return [Deadline(**row._mapping) for row in await self._connection.execute(query)]

    async def _hold(self, subject: str) -> bool:
        key = func.hashtextextended(subject, 0)
        query = select(func.pg_try_advisory_xact_lock(key))
        return bool((await self._connection.execute(query)).scalar_one())

    async def _stands(self, found: Deadline) -> bool:
        """Whether nobody met or moved it before it was held."""
        query = select(deadlines.c.kind).where(_same(found))
        return (await self._connection.execute(query)).one_or_none() is not None


def _same(deadline: Deadline) -> ColumnElement[bool]:
    column = deadlines.c
    return and_(
        column.kind == deadline.kind,
        column.subject == deadline.subject,
        column.due_at == deadline.due_at,
    )
