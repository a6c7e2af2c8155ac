"""What is due together is escalated together, in few statements; none waits for one that fails."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from server.adapters.database.guard_requests import guard_services
from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import Actor, Role
from server.domain.guard import Priority
from server.domain.organisations import Organisation
from server.services.deadlines import Deadlines
from server.services.guard_alerts import AGAIN
from tests.services.conftest import AddUser, FakeClock, RecordingBus
from tests.services.guard_cast import Ward, on_file
from tests.services.test_guard_repeats import statements

FEW, MANY = 2, 40


@pytest.fixture
def ward(database: SqlDatabase, clock: FakeClock, fresh: SystemFresh) -> Ward:
    made = on_file(database, clock, fresh)
    made.deadlines = Deadlines(database, clock, made.guard.handlers, patient={AGAIN})
    return made


@pytest.fixture
async def nurse(ward: Ward, hospital: Organisation, add_user: AddUser) -> Actor:
    rita, rocco = [await add_user(name, Role.RADIOLOGIST) for name in ("Rita", "Rocco")]
    await ward.furnish(hospital.id, (rita, 60), (rocco, 60))
    await ward.guard.consoles.ready(rita, "desk", sound=True)
    return await add_user("Nina", Role.NURSE)


async def test_many_are_escalated_in_as_many_statements_as_few(
    ward: Ward, nurse: Actor, clock: FakeClock, database: SqlDatabase
) -> None:
    asked = []
    for count in (FEW, MANY):
        made = [await ward.ask(nurse) for _ in range(count)]
        clock.advance(seconds=60)
        with statements(database) as said:
            assert await ward.deadlines.meet() >= count
        asked.append(len(said))
        for one in made:
            assert (await ward.look(nurse, one["id"]))["step"] == 2
            await ward.guard.requests.cancel(nurse, one["id"], "moot")
    assert asked[0] == asked[1], "no statement for each request"


async def test_of_those_due_together_the_most_urgent_is_alerted_first(
    ward: Ward, nurse: Actor, clock: FakeClock, bus: RecordingBus
) -> None:
    mixed = (Priority.ROUTINE, Priority.EMERGENCY, Priority.URGENT, Priority.EMERGENCY)
    made = [(await ward.ask(nurse, priority=one))["id"] for one in mixed]
    bus.notices.clear()
    clock.advance(seconds=60)
    await ward.deadlines.meet()
    told = [one.data["request"] for one in bus.named("guard.alert")]
    assert told == [made[1], made[3], made[2], made[0]]


async def test_one_that_cannot_be_escalated_stops_no_other(
    ward: Ward, nurse: Actor, clock: FakeClock, hospital: Organisation, database: SqlDatabase
) -> None:
    service = ward.service
    await ward.furnish(hospital.id, (nurse, 60), (nurse, 60), name="broken")
    broken = await ward.ask(nurse, priority=Priority.EMERGENCY)
    assert broken["state"] == "alerting"
    ward.service = service
    others = [await ward.ask(nurse, priority=Priority.ROUTINE) for _ in range(3)]
    async with database.transaction() as uow:
        here = guard_services.c.name == "broken"
        kept = await uow.connection.scalar(select(guard_services.c.steps).where(here))
        await uow.connection.execute(update(guard_services).where(here).values(steps=[]))
    clock.advance(seconds=60)
    await ward.deadlines.meet()
    for one in others:
        assert (await ward.look(nurse, one["id"]))["step"] == 2
    async with database.transaction() as uow:
        await uow.connection.execute(update(guard_services).where(here).values(steps=kept))
    assert (await ward.look(nurse, broken["id"]))["state"] == "alerting", "undone as a whole"
    clock.advance(seconds=2)
    await ward.deadlines.meet()
    assert (await ward.look(nurse, broken["id"]))["state"] == "exhausted", "tried again"
