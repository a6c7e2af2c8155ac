"""Drills prove the way to whoever is on guard, and cannot be taken for a case (hazard 22)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import Actor, Role
from server.domain.errors import Forbidden, NotFound
from server.domain.guard import State
from server.domain.guard_services import Local, Step
from server.domain.organisations import Organisation
from server.services.alarms import tasks
from server.services.guard_drills import DrillRunning
from tests.services.conftest import AddUser, FakeClock, RecordingBus
from tests.services.guard_cast import Ward


@pytest.fixture
def ward(database: SqlDatabase, clock: FakeClock, fresh: SystemFresh) -> Ward:
    return Ward(database, clock, fresh)


@pytest.fixture
async def rita(add_user: AddUser) -> Actor:
    return await add_user("Rita", Role.RADIOLOGIST)


@pytest.fixture
async def rocco(add_user: AddUser) -> Actor:
    return await add_user("Rocco", Role.RADIOLOGIST)


@pytest.fixture
async def chief(add_user: AddUser) -> Actor:
    return await add_user("Ada", Role.ADMINISTRATOR)


async def alarms(database: SqlDatabase, clock: FakeClock, person: Actor) -> list[str]:
    async with database.reading() as uow:
        user = (await uow.accounts.named([person.person]))[person.person]
        return [one.kind for one in await tasks(uow, user, clock.now())]


async def last(ward: Ward, actor: Actor) -> tuple[str, list[tuple[str, bool]]]:
    newest = (await ward.guard.drills.recent(actor))[0]
    devices = newest["devices"]
    return newest["state"], [(one["device"], bool(one["acknowledged_at"])) for one in devices]


async def test_hazard_22_a_drill_asks_the_first_step_alone_and_makes_no_request(
    ward: Ward,
    hospital: Organisation,
    rita: Actor,
    rocco: Actor,
    chief: Actor,
    bus: RecordingBus,
    database: SqlDatabase,
    clock: FakeClock,
) -> None:
    """Though nobody answers it for longer than any step waits."""
    await ward.furnish(hospital.id, (rita, 30), (rocco, 30))
    for person in (rita, rocco):
        await ward.guard.consoles.ready(person, "desk", sound=True)
    made = await ward.guard.drills.start(chief, audible=True)
    await ward.pass_time(150)
    assert {one.person for one in bus.named("guard.drill")} == {rita.person}
    assert not bus.named("guard.alert")
    assert [one["name"] for one in made["devices"]] == ["Rita"]
    assert await last(ward, chief) == ("failed", [("desk", False)])
    assert await alarms(database, clock, chief) == ["alarm.drill_failed"]
    async with database.reading() as uow:
        assert not await uow.guard_requests.of_person(rita.person, list(State), None, 10)
        assert not await uow.guard_notifications.pending_of(rita.person)


async def test_each_device_answers_for_itself_and_a_passed_drill_ends_the_alarm(
    ward: Ward,
    hospital: Organisation,
    rita: Actor,
    rocco: Actor,
    chief: Actor,
    database: SqlDatabase,
    clock: FakeClock,
) -> None:
    await ward.furnish(hospital.id, (rita, 30), (rocco, 30))
    for device in ("desk", "phone"):
        await ward.guard.consoles.ready(rita, device, sound=True)
    drills = ward.guard.drills
    drill = (await drills.start(rita, audible=False))["id"]
    with pytest.raises(DrillRunning):
        await drills.start(chief, audible=False)
    await drills.acknowledge(rita, "desk", drill)
    for person, device in ((rita, "elsewhere"), (rocco, "desk")):
        with pytest.raises(NotFound):
            await drills.acknowledge(person, device, drill)
    await ward.pass_time(31)
    assert await last(ward, chief) == ("failed", [("desk", True), ("phone", False)])
    for device in ("desk", "phone"):
        await ward.guard.consoles.ready(rita, device, sound=True)
    drill = (await drills.start(chief, audible=False))["id"]
    for device in ("desk", "phone"):
        await drills.acknowledge(rita, device, drill)
    await ward.pass_time(31)
    assert (await last(ward, chief))[0] == "passed"
    assert await alarms(database, clock, chief) == []


async def test_it_comes_each_hour_audible_once_a_shift_and_fails_without_a_device(
    ward: Ward,
    hospital: Organisation,
    rita: Actor,
    chief: Actor,
    bus: RecordingBus,
    clock: FakeClock,
    add_user: AddUser,
) -> None:
    await ward.furnish(hospital.id, (rita, 30))
    await ward.guard.drills.arm()
    await ward.guard.drills.arm()
    for _ in range(3):
        clock.advance(hours=1)
        await ward.guard.consoles.ready(rita, "desk", sound=True)
        await ward.deadlines.meet()
        clock.advance(minutes=2)
        await ward.deadlines.meet()
    assert [one.data["audible"] for one in bus.named("guard.drill")] == [True, False, False]
    clock.advance(hours=1)
    await ward.deadlines.meet()
    await ward.pass_time(31)
    newest = (await ward.guard.drills.recent(chief))[0]
    assert newest["state"] == "failed"
    assert [one["device"] for one in newest["devices"]] == [None]
    nurse = await add_user("Nina", Role.NURSE)
    with pytest.raises(Forbidden):
        await ward.guard.drills.start(nurse, audible=False)


async def test_a_trusts_own_rota_and_a_person_named_are_asked_too(
    ward: Ward,
    hospital: Organisation,
    rita: Actor,
    rocco: Actor,
    chief: Actor,
    add_user: AddUser,
    database: SqlDatabase,
) -> None:
    """Where they are whom a request rings first."""
    last = await add_user("Rosa", Role.RADIOLOGIST)
    await ward.furnish(hospital.id, (rita, 30))
    async with database.transaction() as uow:
        (service,) = await uow.guard_services.all()
        steps = (
            Step(None, 30, text="Ring the ward"),
            Step(None, 30, person=rocco.person),
            Step(None, 30, person=last.person),
        )
        own = (Local(hospital.id, service.steps[0].rota or "", 30),)
        assert await uow.guard_services.update(replace(service, steps=steps, local=own).check())
    made = await ward.guard.drills.start(chief, audible=False)
    assert sorted(one["name"] for one in made["devices"]) == ["Rita", "Rocco"]
