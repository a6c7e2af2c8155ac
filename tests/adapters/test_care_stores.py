"""Deadlines and patients on each database: one holder, one patient."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from server.adapters.bus import LocalBus
from server.adapters.clock import SystemClock
from server.adapters.database.outbox import outbox
from server.adapters.database.unit_of_work import SqlDatabase, create_engine
from server.adapters.fresh import SystemFresh
from server.domain.deadlines import Deadline
from server.domain.patients import Identity, Patient, PatientMismatch
from server.services.patients import identify
from server.services.ports.bus import Notice
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


async def test_each_deadline_of_a_handful_is_taken_by_one(database: SqlDatabase) -> None:
    async with database.transaction() as uow:
        await uow.deadlines.set(*(Deadline("kind", str(each), NOW) for each in range(40)))
        await uow.deadlines.set(Deadline("kind", "failed", NOW, attempts=1))
        await uow.deadlines.set(Deadline("another", "0", NOW))
        await uow.deadlines.set(Deadline("kind", "later", NOW + timedelta(seconds=1)))
    taken: list[str] = []

    async def worker() -> None:
        while True:
            async with database.transaction() as uow:
                first = await uow.deadlines.take(NOW)
                if first is None:
                    return
                found = [first, *await uow.deadlines.take_beside(first, NOW, 6)]
                assert len({one.kind for one in found}) == 1
                assert "failed" not in [one.subject for one in found[1:]]
                taken.extend(f"{one.kind} {one.subject}" for one in found)
                await uow.deadlines.forget(*found)

    await asyncio.gather(*(worker() for _ in range(4)))
    assert sorted(taken) == sorted(
        ["another 0", "kind failed", *(f"kind {each}" for each in range(40))]
    )


async def test_notices_leave_under_numbers_in_their_order(database: SqlDatabase) -> None:
    async with database.transaction() as uow:
        for each in range(30):
            name = "guard.alert" if each % 3 else "event"
            uow.publish(Notice("changed"))
            await uow.publish_surely(Notice(name, {"request": str(each % 2), "n": each}))
        await uow.withdraw("guard.alert", "1")
    async with database.reading() as uow:
        rows = list(await uow.connection.execute(select(outbox).order_by(outbox.c.n)))
    kept = [each for each in range(30) if not (each % 3 and each % 2)]
    assert [row.notice["data"]["n"] for row in rows] == kept
    assert sorted(database._published) == [row.n for row in rows]


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
