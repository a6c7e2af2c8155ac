"""Clocks that disagree are told to those who can set them right."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.domain.access import Role
from server.services.alarms import tasks
from server.services.clock_watch import ClockWatch
from server.services.ports.clock import ClockStep
from tests.services.conftest import AddUser, FakeClock, trail


class Keeper:
    """A machine whose wall clock is set by hand."""

    ahead_s = 0.0
    step: ClockStep | None = None


async def told(database: SqlDatabase, person: str, now: datetime) -> list[str]:
    async with database.reading() as uow:
        user = (await uow.accounts.named([person]))[person]
        return [one.kind for one in await tasks(uow, user, now)]


async def test_hazard_4_a_clock_that_was_set_alarms_administrators_alone(
    database: SqlDatabase, clock: FakeClock, add_user: AddUser
) -> None:
    chief = await add_user("Ada", Role.ADMINISTRATOR)
    nurse = await add_user("Nina", Role.NURSE)
    keeper = Keeper()

    async def nobody() -> None:
        return None

    watch = ClockWatch(database, clock, keeper, nobody, "north")
    await watch.check()
    await watch.probe()
    assert await told(database, chief.person, clock.now()) == []
    keeper.step, keeper.ahead_s = ClockStep(clock.now(), timedelta(hours=-1)), 3600.0
    await watch.check()
    await watch.check()
    with pytest.raises(RuntimeError):
        await watch.probe()
    assert await told(database, chief.person, clock.now()) == ["alarm.clock_stepped"]
    assert await told(database, nurse.person, clock.now()) == []
    assert (await trail(database)).count(("alarm.clock_stepped", "north")) == 1
    clock.advance(hours=2)
    await watch.check()
    assert await told(database, chief.person, clock.now()), "it stands while time is ahead"
    keeper.ahead_s = 0.0
    await watch.check()
    await watch.probe()
    assert await told(database, chief.person, clock.now()) == []


async def test_a_database_whose_clock_is_apart_is_told(
    database: SqlDatabase, clock: FakeClock, add_user: AddUser
) -> None:
    chief = await add_user("Ada", Role.ADMINISTRATOR)
    skew = timedelta(seconds=30)

    async def elsewhere() -> datetime:
        return clock.now() - skew

    watch = ClockWatch(database, clock, Keeper(), elsewhere, "north")
    await watch.check()
    assert watch.describe()["database_skew_seconds"] == 30
    assert await told(database, chief.person, clock.now()) == ["alarm.clock_skewed"]
    skew = timedelta(seconds=1)
    await watch.check()
    assert await told(database, chief.person, clock.now()) == []
