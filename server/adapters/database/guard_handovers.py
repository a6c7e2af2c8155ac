"""Hand-overs of guards as rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Row, String, Table, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.metadata import Id, Instant, metadata
from server.domain.guard import REASON_LIMIT
from server.domain.guard_handovers import STANDING, HandOver, HandOverState

guard_handovers = Table(
    "guard_handovers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("rota", Id, ForeignKey("rotas.id", ondelete="CASCADE"), nullable=False),
    Column("outgoing", Id, ForeignKey("users.id"), nullable=False, index=True),
    Column("outgoing_name", String(120), nullable=False),
    Column("incoming", Id, ForeignKey("users.id"), nullable=False, index=True),
    Column("incoming_name", String(120), nullable=False),
    Column("offered_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("state", String(20), nullable=False),
    Column("answered_at", Instant),
    Column("reason", String(REASON_LIMIT)),
    Index("ix_guard_handovers_rota_state", "rota", "state"),
)


class HandOverRows:
    """Hand-overs on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, handover: HandOver) -> None:
        """Store a new one."""
        await self._connection.execute(insert(guard_handovers).values(_values(handover)))

    async def find(self, handover: str) -> HandOver | None:
        """One, kept as it is until the transaction ends."""
        query = select(guard_handovers).where(guard_handovers.c.id == handover).with_for_update()
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _handover(row)

    async def answer(self, handover: HandOver) -> bool:
        """Store its answer; False when it has one."""
        here = guard_handovers.c.id == handover.id, guard_handovers.c.state == "offered"
        statement = update(guard_handovers).where(*here).values(_values(handover))
        return (await self._connection.execute(statement)).rowcount == 1

    async def standing(self, rotas: Collection[str]) -> Mapping[str, HandOver]:
        """The last of each rota that is offered or refused, in one query."""
        if not rotas:
            return {}
        query = (
            select(guard_handovers)
            .where(
                guard_handovers.c.rota.in_(rotas),
                guard_handovers.c.state.in_([state.value for state in STANDING]),
            )
            .order_by(guard_handovers.c.id)
        )
        return {row.rota: _handover(row) for row in await self._connection.execute(query)}

    async def of_person(self, person: str, limit: int) -> Sequence[HandOver]:
        """Those that somebody offered or was offered and that wait, newest first."""
        columns = guard_handovers.c
        query = (
            select(guard_handovers)
            .where(
                or_(columns.outgoing == person, columns.incoming == person),
                columns.state == HandOverState.OFFERED.value,
            )
            .order_by(columns.id.desc())
            .limit(limit)
        )
        return [_handover(row) for row in await self._connection.execute(query)]


def _values(handover: HandOver) -> dict[str, Any]:
    return asdict(handover) | {"state": handover.state.value}


def _handover(row: Row[Any]) -> HandOver:
    values = dict(row._mapping)
    return HandOver(**values | {"state": HandOverState(values["state"])})
