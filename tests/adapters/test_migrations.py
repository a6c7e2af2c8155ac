"""Migrations lead to exactly the schema that the code declares, and back to nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncEngine

from server.adapters.database import sqlite
from server.adapters.database.migrations import (
    all_tables,
    config,
    differences,
    is_current,
    migrate,
)
from server.adapters.database.unit_of_work import create_engine
from tests.adapters.databases import KINDS, empty_database


@pytest.fixture(params=KINDS)
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """An engine on an empty database."""
    async with empty_database(request, tmp_path) as url:
        engine = create_engine(url)
        yield engine
        await engine.dispose()


async def _tables(engine: AsyncEngine) -> set[str]:
    async with engine.connect() as connection:
        names: list[str] = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    return set(names) - {"alembic_version"}


async def test_migrations_make_the_declared_schema(engine: AsyncEngine) -> None:
    assert not await is_current(engine)
    await migrate(engine)
    assert await is_current(engine)
    assert await _tables(engine) == set(all_tables().tables)
    assert list(await differences(engine)) == []


async def test_processes_that_start_together_migrate_once(engine: AsyncEngine) -> None:
    await asyncio.gather(*(migrate(engine) for _ in range(3)))
    assert await is_current(engine)


async def test_a_process_waits_for_one_that_migrates_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "PRAGMAS", (*sqlite.PRAGMAS[:-1], "busy_timeout=1"))
    url = f"sqlite+aiosqlite:///{tmp_path / 'slow.db'}"
    slow, other = create_engine(url), create_engine(url)
    async with slow.connect() as migrating:
        await migrating.exec_driver_sql("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(migrate(other))
        ended, _ = await asyncio.wait([waiting], timeout=0.5)
        await migrating.rollback()
    await waiting
    assert not ended
    assert await is_current(other)
    for engine in (slow, other):
        await engine.dispose()


async def test_migrations_can_be_taken_back(engine: AsyncEngine) -> None:
    await migrate(engine)

    def downgrade(connection: Any) -> None:
        command.downgrade(config(connection), "base")

    async with engine.begin() as connection:
        await connection.run_sync(downgrade)
    assert await _tables(engine) == set()


async def test_a_missing_column_would_be_noticed(engine: AsyncEngine) -> None:
    await migrate(engine)
    async with engine.begin() as connection:
        await connection.exec_driver_sql("ALTER TABLE users DROP COLUMN registration_number")
    assert "registration_number" in str(await differences(engine))
