"""Deadlines and patients on each database: one holder, one patient."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from server.adapters.bus import LocalBus
from server.adapters.clock import SystemClock
from server.adapters.database.unit_of_work import SqlDatabase, create_engine
from server.adapters.fresh import SystemFresh
from server.domain.deadlines import Deadline
from server.domain.patients import Identity, Patient, PatientMismatch
from server.services.patients import identify
from tests.adapters.databases import KINDS, migrated_database

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
ADA = Identity("Ada Demo", date(1950, 3, 1), "ADA50")


@pytest.fixture(params=KINDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path):  # type: ignore[no-untyped-def]
    async with migrated_database(request, tmp_path) as url:
        opened = SqlDatabase(create_engine(url), LocalBus(), SystemClock())
        yield opened
        await opened.close()


async def test_each_deadline_is_taken_by_one(database: SqlDatabase) -> None:
    async with database.transaction() as uow:
        for each in range(40):
            await uow.deadlines.set(Deadline("kind", str(each), NOW, {"n": each}))
        await uow.deadlines.set(Deadline("kind", "later", NOW + timedelta(seconds=1)))
    taken: list[str] = []

    async def worker() -> None:
        while True:
            async with database.transaction() as uow:
                found = await uow.deadlines.take(NOW)
                if found is None:
                    return
                assert found.data == {"n": int(found.subject)}
                taken.append(found.subject)
                await uow.deadlines.forget(found)

    await asyncio.gather(*(worker() for _ in range(8)))
    assert sorted(taken, key=int) == [str(each) for each in range(40)]


async def test_two_who_name_a_new_patient_at_once_mean_the_same(database: SqlDatabase) -> None:
    fresh = SystemFresh()

    async def name() -> Patient:
        async with database.transaction() as uow:
            return await identify(uow, ADA, fresh)

    found = await asyncio.gather(*(name() for _ in range(10)))
    assert len(set(found)) == 1
    async with database.transaction() as uow:
        with pytest.raises(PatientMismatch):
            await identify(uow, Identity("Ada", date(1951, 3, 1), "ADA50"), fresh)
        assert await uow.patients.find(found[0].id) == found[0]
        assert await uow.patients.named([found[0].id, "nobody"]) == {found[0].id: found[0]}
        assert await uow.patients.named([]) == {}
