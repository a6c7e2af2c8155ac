"""Drills and the devices that they asked, as rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Boolean, Column, ForeignKey, String, Table, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.metadata import Id, Instant, metadata
from server.domain.guard_drills import PAGE, Drill, DrillState, Echo, EchoState

guard_drills = Table(
    "guard_drills",
    metadata,
    Column("id", Id, primary_key=True),
    Column("started_by", Id),
    Column("started_at", Instant, nullable=False, index=True),
    Column("until", Instant, nullable=False),
    Column("state", String(20), nullable=False),
)
guard_drill_echoes = Table(
    "guard_drill_echoes",
    metadata,
    Column("drill", Id, ForeignKey("guard_drills.id", ondelete="CASCADE"), primary_key=True),
    Column("person", Id, primary_key=True),
    Column("device", Id, primary_key=True),
    Column("name", String(120), nullable=False),
    Column("is_audible", Boolean(create_constraint=False), nullable=False),
    Column("acknowledged_at", Instant),
    Column("channel", String(20), nullable=False),
    Column("state", String(20), nullable=False),
)


class DrillRows:
    """Drills on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, drill: Drill, echoes: Collection[Echo]) -> None:
        """Store a new one."""
        row = asdict(drill) | {"state": drill.state.value}
        await self._connection.execute(insert(guard_drills).values(row))
        rows = [asdict(one) | {"drill": drill.id, "state": one.state.value} for one in echoes]
        if rows:
            await self._connection.execute(insert(guard_drill_echoes), rows)

    async def find(self, drill: str) -> Drill | None:
        """One drill."""
        query = select(guard_drills).where(guard_drills.c.id == drill)
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _drill(dict(row._mapping))

    async def update(self, drill: Drill, echoes: Collection[Echo]) -> None:
        """Store how it went, on each way."""
        here = update(guard_drills).where(guard_drills.c.id == drill.id)
        await self._connection.execute(here.values(state=drill.state.value))
        column = guard_drill_echoes.c
        for one in echoes:
            way = column.drill == drill.id, column.person == one.person, column.device == one.device
            statement = update(guard_drill_echoes).where(*way)
            await self._connection.execute(statement.values(state=one.state.value))

    async def recent(self, limit: int) -> Sequence[Drill]:
        """The newest first."""
        order = guard_drills.c.started_at.desc(), guard_drills.c.id.desc()
        rows = await self._connection.execute(select(guard_drills).order_by(*order).limit(limit))
        return [_drill(dict(row._mapping)) for row in rows]

    async def echoes(self, drills: Collection[str]) -> Mapping[str, Sequence[Echo]]:
        """The devices of drills."""
        column, found = guard_drill_echoes.c, {name: list[Echo]() for name in drills}
        query = select(guard_drill_echoes).where(column.drill.in_(drills))
        for row in await self._connection.execute(query.order_by(column.name, column.device)):
            values = dict(row._mapping)
            values["state"] = EchoState(values["state"])
            found[values.pop("drill")].append(Echo(**values))
        return found

    async def acknowledge(self, drill: str, person: str, device: str, now: datetime) -> bool:
        """A device answered; False when it was not asked."""
        column = guard_drill_echoes.c
        here = column.drill == drill, column.person == person, column.device == device
        page = update(guard_drill_echoes).where(*here, column.channel == PAGE)
        statement = page.values(acknowledged_at=now)
        return (await self._connection.execute(statement)).rowcount == 1

    async def heard_since(self, people: Collection[str], since: datetime) -> frozenset[str]:
        """Whom an audible drill was sent to since then."""
        column = guard_drill_echoes.c
        query = (
            select(column.person)
            .join(guard_drills, guard_drills.c.id == column.drill)
            .where(column.person.in_(people), column.is_audible, column.device != "")
            .where(column.channel == PAGE)
            .where(guard_drills.c.started_at > since)
        )
        return frozenset(await self._connection.scalars(query))


def _drill(values: dict[str, object]) -> Drill:
    return Drill(**values | {"state": DrillState(str(values["state"]))})  # type: ignore[arg-type]
