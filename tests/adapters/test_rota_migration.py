"""A rota of one rotation keeps its people and its turns when rotas become layers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from server.adapters.bus import LocalBus
from server.adapters.clock import SystemClock
from server.adapters.database.migrations import config, migrate
from server.adapters.database.unit_of_work import SqlDatabase, create_engine
from server.domain.access import Role
from server.domain.rota import Layer, Override, Rota, Rotation
from tests.adapters.databases import KINDS, empty_database

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NIGHT = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture(params=KINDS)
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """An engine on an empty database."""
    async with empty_database(request, tmp_path) as url:
        engine = create_engine(url)
        yield engine
        await engine.dispose()


async def test_the_rotation_of_a_rota_becomes_its_layer_and_nothing_is_lost(
    engine: AsyncEngine,
) -> None:
    def upgrade(connection: Any) -> None:
        command.upgrade(config(connection), "0016")

    async with engine.begin() as connection:
        await connection.run_sync(upgrade)
        await connection.execute(
            text("INSERT INTO organisations (id, name, kind, is_demo) VALUES (:o, :o, :k, :d)"),
            {"o": "north", "k": "hospital", "d": False},
        )
        for person in ("rita", "rocco"):
            await connection.execute(
                text(
                    "INSERT INTO users (id, email, name, profession, locale, status, is_demo,"
                    " password_hash, registered_at, organisation)"
                    " VALUES (:p, :p, :p, 'physician', 'it', 'active', :d, '', :at, 'north')"
                ),
                {"p": person, "d": False, "at": _stored(engine, NOON)},
            )
        await connection.execute(
            text(
                "INSERT INTO rotas (id, organisation, name, role, zone, phone, anchor, hour,"
                " period_days, version) VALUES ('r', 'north', 'Guard', 'radiologist',"
                " 'Europe/Rome', '1', :anchor, 8, 7, 3)"
            ),
            {"anchor": _day(engine, date(2026, 3, 2))},
        )
        for position, member in enumerate(("rocco", "rita", "rocco")):
            await connection.execute(
                text("INSERT INTO rota_members (rota, position, member) VALUES ('r', :at, :who)"),
                {"at": position, "who": member},
            )
        await connection.execute(
            text(
                'INSERT INTO rota_overrides (id, rota, start, "end", member)'
                " VALUES ('o', 'r', :start, :end, 'rita')"
            ),
            {"start": _stored(engine, NOON), "end": _stored(engine, NIGHT)},
        )
    await migrate(engine)
    database = SqlDatabase(engine, LocalBus(), SystemClock())
    async with database.reading() as uow:
        rota = await uow.rotas.find("r")
    rotation = Rotation(date(2026, 3, 2), 8, 7, ("rocco", "rita", "rocco"))
    assert rota == Rota(
        "r",
        "north",
        "Guard",
        Role.RADIOLOGIST,
        "Europe/Rome",
        "1",
        (Layer(rotation),),
        (Override("o", NOON, NIGHT, "rita"),),
        version=3,
    )


def _stored(engine: AsyncEngine, at: datetime) -> Any:
    if engine.dialect.name == "sqlite":
        return at.strftime("%Y-%m-%d %H:%M:%S.%f")
    return at


def _day(engine: AsyncEngine, day: date) -> Any:
    return day.isoformat() if engine.dialect.name == "sqlite" else day
