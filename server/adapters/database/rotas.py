"""Rotas, their layers, whom those name in turn, and who stands in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, time
from typing import Any

from sqlalchemy import (
    Boolean,
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
    false,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.inserts import insert_new
from server.adapters.database.metadata import Id, Instant, Json, metadata
from server.domain.access import Role
from server.domain.errors import Conflict
from server.domain.rota import NAME_LIMIT, PHONE_LIMIT, Layer, Override, Rota, Rotation
from server.domain.rota_layers import LAYER_NAME_LIMIT, Restriction

rotas = Table(
    "rotas",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation", Id, ForeignKey("organisations.id"), nullable=False),
    Column("name", String(NAME_LIMIT), nullable=False),
    Column("role", String(40), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("phone", String(PHONE_LIMIT), nullable=False),
    Column("holidays", Json, nullable=False, server_default="[]"),
    Column("second", Id, ForeignKey("rotas.id")),
    Column("version", Integer, nullable=False),
    UniqueConstraint("organisation", "name"),
)

rota_layers = Table(
    "rota_layers",
    metadata,
    Column("rota", Id, ForeignKey("rotas.id", ondelete="CASCADE"), primary_key=True),
    Column("layer", Integer, primary_key=True),
    Column("name", String(LAYER_NAME_LIMIT), nullable=False),
    Column("anchor", Date, nullable=False),
    Column("hour", Integer, nullable=False),
    Column("minute", Integer, nullable=False),
    Column("period_days", Integer, nullable=False),
    Column("period_hours", Integer),
    Column("restrictions", Json, nullable=False),
)

rota_members = Table(
    "rota_layer_members",
    metadata,
    Column("rota", Id, ForeignKey("rotas.id", ondelete="CASCADE"), primary_key=True),
    Column("layer", Integer, primary_key=True),
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
    Column("temporary", Boolean, nullable=False, server_default=false()),
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
        await self._add_layers(rota)
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
        for table in (rota_members, rota_layers):
            await self._connection.execute(delete(table).where(table.c.rota == rota.id))
        await self._add_layers(rota)
        return True

    async def lock(self, rota: str) -> None:
        """Let nobody else change it until this transaction ends."""
        statement = update(rotas).where(rotas.c.id == rota).values(version=rotas.c.version)
        await self._connection.execute(statement)

    async def add_override(self, rota: str, override: Override) -> None:
        """Store a new one."""
        row = {
            "id": override.id,
            "rota": rota,
            "start": override.start,
            "end": override.end,
            "member": override.member,
            "temporary": override.temporary,
        }
        await self._connection.execute(insert(rota_overrides).values(row))

    async def remove_override(self, rota: str, override: str) -> bool:
        """Forget one; False when there is none."""
        statement = delete(rota_overrides).where(
            rota_overrides.c.id == override, rota_overrides.c.rota == rota
        )
        return (await self._connection.execute(statement)).rowcount == 1

    async def _add_layers(self, rota: Rota) -> None:
        layers = [
            {"rota": rota.id, "layer": number} | _layer_values(layer)
            for number, layer in enumerate(rota.layers)
        ]
        members = [
            {"rota": rota.id, "layer": number, "position": position, "member": member}
            for number, layer in enumerate(rota.layers)
            for position, member in enumerate(layer.rotation.members)
        ]
        for table, rows in ((rota_layers, layers), (rota_members, members)):
            if rows:
                await self._connection.execute(insert(table), rows)

    async def _read(self, query: Select[Any]) -> list[Rota]:
        rows = (await self._connection.execute(query)).all()
        ids = [row.id for row in rows]
        layers, overrides = await self._layers(ids), await self._overrides(ids)
        return [_rota(row, layers[row.id], overrides[row.id]) for row in rows]

    async def _layers(self, ids: Sequence[str]) -> dict[str, list[Layer]]:
        found: dict[str, list[Layer]] = defaultdict(list)
        if not ids:
            return found
        members = await self._members(ids)
        query = (
            select(rota_layers)
            .where(rota_layers.c.rota.in_(ids))
            .order_by(rota_layers.c.rota, rota_layers.c.layer)
        )
        for row in await self._connection.execute(query):
            found[row.rota].append(_layer(row, members[row.rota, row.layer]))
        return found

    async def _members(self, ids: Sequence[str]) -> dict[tuple[str, int], list[str]]:
        query = (
            select(rota_members)
            .where(rota_members.c.rota.in_(ids))
            .order_by(rota_members.c.rota, rota_members.c.layer, rota_members.c.position)
        )
        found: dict[tuple[str, int], list[str]] = defaultdict(list)
        for row in await self._connection.execute(query):
            found[row.rota, row.layer].append(row.member)
        return found

    async def _overrides(self, ids: Sequence[str]) -> dict[str, list[Override]]:
        query = (  # their ids grow with time
            select(rota_overrides)
            .where(rota_overrides.c.rota.in_(ids))
            .order_by(rota_overrides.c.id)
        )
        found: dict[str, list[Override]] = defaultdict(list)
        for row in await self._connection.execute(query) if ids else ():
            stored = Override(row.id, row.start, row.end, row.member, row.temporary)
            found[row.rota].append(stored)
        return found


def _values(rota: Rota) -> dict[str, Any]:
    return {
        "organisation": rota.organisation,
        "name": rota.name,
        "role": rota.role.value,
        "zone": rota.zone,
        "phone": rota.phone,
        "holidays": sorted(day.isoformat() for day in rota.holidays),
        "second": rota.second,
    }


def _rota(row: Row[Any], layers: Sequence[Layer], overrides: Sequence[Override]) -> Rota:
    return Rota(
        id=row.id,
        organisation=row.organisation,
        name=row.name,
        role=Role(row.role),
        zone=row.zone,
        phone=row.phone,
        layers=tuple(layers),
        overrides=tuple(overrides),
        holidays=frozenset(date.fromisoformat(day) for day in row.holidays),
        second=row.second,
        version=row.version,
    )


def _layer_values(layer: Layer) -> dict[str, Any]:
    rotation = layer.rotation
    return {
        "name": layer.name,
        "anchor": rotation.anchor,
        "hour": rotation.hour,
        "minute": rotation.minute,
        "period_days": rotation.period_days,
        "period_hours": rotation.period_hours,
        "restrictions": [
            {
                "days": sorted(each.days),
                "start": each.start.isoformat("minutes"),
                "end": each.end.isoformat("minutes"),
            }
            for each in layer.restrictions
        ],
    }


def _layer(row: Row[Any], members: Sequence[str]) -> Layer:
    rotation = Rotation(
        row.anchor, row.hour, row.period_days, tuple(members), row.period_hours, row.minute
    )
    restrictions = tuple(
        Restriction(
            frozenset(each["days"]),
            time.fromisoformat(each["start"]),
            time.fromisoformat(each["end"]),
        )
        for each in row.restrictions
    )
    return Layer(rotation, row.name, restrictions)
