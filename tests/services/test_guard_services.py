"""Guard services: every page hears who is on call; nobody overwrites what they have not seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import Actor, Role
from server.domain.deadlines import Deadline
from server.domain.errors import Conflict, Forbidden, Invalid, NotFound
from server.domain.guard_services import Local, ServiceBusy, ServiceMoved, Step
from server.domain.organisations import Organisation
from server.domain.rota import Override
from server.services.reach import Reach
from server.services.rotas import DUTY
from server.services.thread_duty import ThreadDuty
from tests.services.conftest import AddUser, FakeClock, RecordingBus, trail
from tests.services.guard_cast import Ward


@pytest.fixture
def ward(database: SqlDatabase, clock: FakeClock, fresh: SystemFresh) -> Ward:
    return Ward(database, clock, fresh)


@pytest.fixture
async def rita(add_user: AddUser) -> Actor:
    return await add_user("Rita", Role.RADIOLOGIST)


@pytest.fixture
async def chief(add_user: AddUser) -> Actor:
    return await add_user("Ada", Role.ADMINISTRATOR)


async def test_each_step_and_each_trusts_own_rota_says_who_is_on_call(
    ward: Ward, hospital: Organisation, rita: Actor, chief: Actor
) -> None:
    await ward.furnish(hospital.id, (None, 60), (rita, 60))
    services = ward.guard.services
    (shown,) = await services.all(chief)
    held = {"person": rita.person, "name": "Rita"}
    assert [step["on_call"] for step in shown["steps"]] == [None, held]
    assert (shown["on_call"], shown["no_cover"]) == (held, False)
    rota = shown["steps"][1]["rota"]
    steps = (Step(None, 60, text="Call the switchboard."), Step(shown["steps"][0]["rota"], 60))
    own = (Local(hospital.id, rota, 20),)
    changed = await services.change(chief, ward.service, {"steps": steps, "local": own})
    assert (changed["on_call"], changed["no_cover"]) == (None, True)
    assert [(one["rota_name"], one["on_call"]) for one in changed["local"]] == [
        (shown["steps"][1]["rota_name"], held)
    ]


async def test_a_change_of_duty_is_told_to_everybody_with_who_has_it(
    ward: Ward, hospital: Organisation, rita: Actor, add_user: AddUser, bus: RecordingBus
) -> None:
    rocco = await add_user("Rocco", Role.RADIOLOGIST)
    await ward.furnish(hospital.id, (rita, 60))
    now = ward.clock.now()
    async with ward.database.transaction() as uow:
        (rota,) = await uow.rotas.all()
        stand_in = Override.of("o1", now, now + timedelta(hours=1), rocco.person)
        await uow.rotas.add_override(rota.id, stand_in)
    async with ward.database.transaction() as uow:
        await ThreadDuty(Reach(ward.fresh)).change(uow, Deadline(DUTY, rota.id, now), now)
    (told,) = bus.named("rota.on_call")
    assert told.everyone
    assert told.data == {"rota": rota.id, "person": {"id": rocco.person, "name": "Rocco"}}


async def test_a_service_that_changed_meanwhile_is_not_overwritten(
    ward: Ward, hospital: Organisation, rita: Actor, chief: Actor, bus: RecordingBus
) -> None:
    await ward.furnish(hospital.id, (rita, 60))
    services = ward.guard.services
    (seen,) = await services.all(chief)
    changed = await services.change(chief, ward.service, {"name": "CT by night"}, seen["version"])
    assert changed["version"] == seen["version"] + 1
    assert [one.data["topic"] for one in bus.named("changed") if one.everyone] == ["services"]
    with pytest.raises(ServiceMoved):
        await services.change(chief, ward.service, {"repeats": 2}, seen["version"])
    again = await services.change(chief, ward.service, {"repeats": 2}, changed["version"])
    assert (again["name"], again["repeats"]) == ("CT by night", 2)


async def test_a_name_is_taken_once_and_a_step_wants_a_radiologist(
    ward: Ward, hospital: Organisation, rita: Actor, chief: Actor, add_user: AddUser
) -> None:
    nurse = await add_user("Nina", Role.NURSE)
    await ward.furnish(hospital.id, (rita, 60))
    first = ward.service
    async with ward.database.transaction() as uow:
        known = await uow.guard_services.find(first)
        assert known is not None
        other = type(known)("other", hospital.id, "MR", "MR", "1", "Europe/Rome", known.steps)
        assert await uow.guard_services.add(other)
    services = ward.guard.services
    with pytest.raises(Conflict) as refusal:
        await services.change(chief, first, {"name": "  MR "})
    assert refusal.value.details["path"] == "name"
    wrong = (*known.steps, Step(None, 60, person=nurse.person))
    with pytest.raises(Invalid) as refused:
        await services.change(chief, first, {"steps": wrong})
    assert refused.value.details["path"] == "steps.1.person"
    with pytest.raises(Forbidden):
        await services.change(rita, first, {"repeats": 1})


async def test_a_service_is_retired_once_nothing_of_it_is_open_and_leaves_its_name(
    ward: Ward,
    hospital: Organisation,
    rita: Actor,
    chief: Actor,
    add_user: AddUser,
    bus: RecordingBus,
    database: SqlDatabase,
) -> None:
    nurse = await add_user("Nina", Role.NURSE)
    await ward.furnish(hospital.id, (rita, 60))
    services, requests = ward.guard.services, ward.guard.requests
    made = await ward.ask(nurse)
    with pytest.raises(ServiceBusy):
        await services.retire(chief, ward.service)
    assert [one["name"] for one in await services.all(chief)] == ["CT"]
    await requests.cancel(nurse, made["id"], "A mistake.")
    with pytest.raises(Forbidden):
        await services.retire(rita, ward.service)
    bus.notices.clear()
    await services.retire(chief, ward.service)
    assert [one.data["topic"] for one in bus.named("changed") if one.everyone] == ["services"]
    assert ("guard.service_retired", ward.service) in await trail(database)
    assert await services.all(chief) == []
    for late in (
        ward.ask(nurse),
        services.change(chief, ward.service, {"repeats": 1}),
        services.retire(chief, ward.service),
    ):
        with pytest.raises(NotFound):
            await late
    seen = await ward.look(nurse, made["id"])
    assert (seen["service_name"], seen["state"]) == ("CT", "cancelled"), "what it was asked stays"
    async with database.transaction() as uow:
        (kept,) = await uow.guard_services.all(retired=True)
        assert kept.name.startswith("CT (– 20")
        assert await uow.guard_services.add(replace(kept, id="new", name="CT", retired_at=None))
    assert [one["name"] for one in await services.all(chief)] == ["CT"]


async def test_a_request_that_is_being_filed_while_its_service_retires_is_refused(
    ward: Ward, hospital: Organisation, rita: Actor, database: SqlDatabase
) -> None:
    await ward.furnish(hospital.id, (rita, 60))
    async with database.transaction() as uow:
        known = await uow.guard_services.find(ward.service)
        assert known is not None
        assert await uow.guard_services.update(known.retire(ward.clock.now()))
        assert await uow.guard_services.next_number(known.id) is None
