"""Rotas, whom they name in turn, and who stands in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    Date,
    ForeignKey,
    Integer,
    Row,
    Select,
    String,
    Table,
    UniqueConstraint,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.inserts import insert_new
from server.adapters.database.metadata import Id, Instant, metadata
from server.domain.access import Role
from server.domain.errors import Conflict
from server.domain.rota import NAME_LIMIT, PHONE_LIMIT, Override, Rota, Rotation

rotas = Table(
    "rotas",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation", Id, ForeignKey("organisations.id"), nullable=False),
    Column("name", String(NAME_LIMIT), nullable=False),
    Column("role", String(40), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("phone", String(PHONE_LIMIT), nullable=False),
    Column("anchor", Date, nullable=False),
    Column("hour", Integer, nullable=False),
    Column("period_days", Integer, nullable=False),
    Column("second", Id, ForeignKey("rotas.id")),
    Column("version", Integer, nullable=False),
    UniqueConstraint("organisation", "name"),
)

rota_members = Table(
    "rota_members",
    metadata,
    Column("rota", Id, ForeignKey("rotas.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("member", Id, ForeignKey("users.id"), nullable=False),
)

rota_overrides = Table(
    "rota_overrides",
    metadata,
    Column("id", Id, primary_key=True),
    Column("rota", Id, ForeignKey("rotas.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("start", Instant, nullable=False),
    Column("end", Instant, nullable=False),
    Column("member", Id, ForeignKey("users.id"), nullable=False),
)


class RotaRows:
    """Rotas on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, rota: Rota) -> bool:
        """Store a new one; False when its organisation has one of this name."""
        row = {"id": rota.id, "version": rota.version} | _values(rota)
        if not await insert_new(self._connection, rotas, row):
            return False
        await self._add_members(rota)
        for override in rota.overrides:
            await self.add_override(rota.id, override)
        return True

    async def find(self, rota: str) -> Rota | None:
        """One rota."""
        found = await self._read(select(rotas).where(rotas.c.id == rota))
        return found[0] if found else None

    async def all(self) -> Sequence[Rota]:
        """Every one, by name, in a fixed number of queries."""
        return await self._read(select(rotas).order_by(rotas.c.name, rotas.c.id))

    async def named(self, ids: Collection[str]) -> Mapping[str, Rota]:
        """Those of the ids that exist, by id, in a fixed number of queries."""
        if not ids:
            return {}
        found = await self._read(select(rotas).where(rotas.c.id.in_(ids)))
        return {rota.id: rota for rota in found}

    async def update(self, rota: Rota) -> bool:
        """Store all but the overrides as the next version; False when it is not this version.

        Raises Conflict when its organisation has another of this name.
        """
        statement = (
            update(rotas)
            .where(rotas.c.id == rota.id, rotas.c.version == rota.version)
            .values(version=rota.version + 1, **_values(rota))
        )
        try:
            if (await self._connection.execute(statement)).rowcount != 1:
                return False
        except IntegrityError as error:
            raise Conflict("There is another rota of this name.") from error
        await self._connection.execute(delete(rota_members).where(rota_members.c.rota == rota.id))
        await self._add_members(rota)
        return True

    async def add_override(self, rota: str, override: Override) -> None:
        """Store a new one."""
        row = {
            "id": override.id,
            "rota": rota,
            "start": override.start,
            "end": override.end,
            "member": override.member,
        }
        await self._connection.execute(insert(rota_overrides).values(row))

    async def remove_override(self, rota: str, override: str) -> bool:
        """Forget one; False when there is none."""
        statement = delete(rota_overrides).where(
            rota_overrides.c.id == override, rota_overrides.c.rota == rota
        )
        return (await self._connection.execute(statement)).rowcount == 1

    async def _add_members(self, rota: Rota) -> None:
        rows = [
            {"rota": rota.id, "position": position, "member": member}
            for position, member in enumerate(rota.rotation.members)
        ]
        if rows:
            await self._connection.execute(insert(rota_members), rows)

    async def _read(self, query: Select[Any]) -> list[Rota]:
        rows = (await self._connection.execute(query)).all()
        ids = [row.id for row in rows]
        members, overrides = await self._members(ids), await self._overrides(ids)
        return [_rota(row, members[row.id], overrides[row.id]) for row in rows]

    async def _members(self, ids: Sequence[str]) -> dict[str, list[str]]:
        query = (
            select(rota_members)
            .where(rota_members.c.rota.in_(ids))
            .order_by(rota_members.c.rota, rota_members.c.position)
        )
        found: dict[str, list[str]] = defaultdict(list)
        for row in await self._connection.execute(query) if ids else ():
            found[row.rota].append(row.member)
        return found

    async def _overrides(self, ids: Sequence[str]) -> dict[str, list[Override]]:
        query = (  # their ids grow with time
            select(rota_overrides)
            .where(rota_overrides.c.rota.in_(ids))
            .order_by(rota_overrides.c.id)
        )
        found: dict[str, list[Override]] = defaultdict(list)
        for row in await self._connection.execute(query) if ids else ():
            found[row.rota].append(Override(row.id, row.start, row.end, row.member))
        return found


def _values(rota: Rota) -> dict[str, Any]:
    return {
        "organisation": rota.organisation,
        "name": rota.name,
        "role": rota.role.value,
        "zone": rota.zone,
        "phone": rota.phone,
        "anchor": rota.rotation.anchor,
        "hour": rota.rotation.hour,
        "period_days": rota.rotation.period_days,
        "second": rota.second,
    }


def _rota(row: Row[Any], members: Sequence[str], overrides: Sequence[Override]) -> Rota:
    return Rota(
        id=row.id,
        organisation=row.organisation,
        name=row.name,
        role=Role(row.role),
        zone=row.zone,
        phone=row.phone,
        rotation=Rotation(row.anchor, row.hour, row.period_days, tuple(members)),
        overrides=tuple(overrides),
        second=row.second,
        version=row.version,
    )
