"""Transactions of one task within a larger one: all of it is kept, or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from server.adapters.bus import LocalBus
from server.adapters.clock import SystemClock
from server.adapters.database.unit_of_work import SqlDatabase, create_engine
from server.domain.organisations import Kind, Organisation
from tests.adapters.databases import KINDS, empty_database
from tests.services.conftest import create_tables


@pytest.fixture(params=KINDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SqlDatabase]:
    async with empty_database(request, tmp_path) as url:
        opened = SqlDatabase(create_engine(url), LocalBus(), SystemClock())
        await create_tables(opened)
        yield opened
        await opened.close()


async def add(database: SqlDatabase, name: str) -> None:
    async with database.transaction() as uow:
        await uow.organisations.add(Organisation(name, name, Kind.HOSPITAL, is_demo=False))


async def names(database: SqlDatabase) -> set[str]:
    async with database.reading() as uow:
        return {one.name for one in await uow.organisations.all()}


async def test_parts_see_each_other_and_leave_together(database: SqlDatabase) -> None:
    async with database.whole():
        await add(database, "a")
        await add(database, "b")
        assert await names(database) == {"a", "b"}
        elsewhere = asyncio.create_task(names(database))
        assert await elsewhere == set(), "another task's is not part of it"
    assert await names(database) == {"a", "b"}


async def test_nothing_stays_of_what_failed_later(database: SqlDatabase) -> None:
    async def fails() -> None:
        async with database.whole():
            await add(database, "a")
            raise KeyError

    with pytest.raises(KeyError):
        await fails()
    assert await names(database) == set()


async def test_whoever_goes_on_after_a_part_that_failed_keeps_nothing(
    database: SqlDatabase,
) -> None:
    async def goes_on() -> None:
        async with database.whole():
            await add(database, "a")
            with suppress(KeyError):
                async with database.transaction():
                    raise KeyError

    with pytest.raises(RuntimeError, match="a part of the transaction failed"):
        await goes_on()
    assert await names(database) == set()
