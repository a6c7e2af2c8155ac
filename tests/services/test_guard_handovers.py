"""Handing the guard over: until somebody takes it, whoever had it stays on call."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import Actor, Role
from server.domain.deadlines import Deadline
from server.domain.errors import Forbidden, Invalid
from server.domain.guard_handovers import HandOverAnswered
from server.domain.guard_services import GuardService, Step
from server.domain.organisations import Organisation
from server.domain.rota import Layer, Rota, Rotation
from server.services.deadlines import Deadlines
from server.services.on_call import on_call
from server.services.rotas import DUTY
from tests.services.conftest import AddUser, FakeClock, RecordingBus, trail
from tests.services.guard_cast import PHONE, Ward


@pytest.fixture
def ward(database: SqlDatabase, clock: FakeClock, fresh: SystemFresh) -> Ward:
    made = Ward(database, clock, fresh)
    handlers = {**made.guard.handlers, DUTY: made.guard.handovers.turn}
    made.deadlines = Deadlines(database, clock, handlers)
    return made


@pytest.fixture
async def nurse(add_user: AddUser) -> Actor:
    return await add_user("Nina", Role.NURSE)


@pytest.fixture
async def day(add_user: AddUser) -> Actor:
    return await add_user("Rita", Role.RADIOLOGIST)


@pytest.fixture
async def night(add_user: AddUser) -> Actor:
    return await add_user("Rocco", Role.RADIOLOGIST)


@pytest.fixture
async def rota(
    ward: Ward, hospital: Organisation, day: Actor, night: Actor, clock: FakeClock
) -> Rota:
    """Rita until 09:00 UTC tomorrow (10:00 in Rome), then Rocco; a service on it."""
    rotation = Rotation(date(2026, 11, 21), 10, 1, (night.person, day.person))
    made = Rota(
        ward.fresh.id(),
        hospital.id,
        "CT",
        Role.RADIOLOGIST,
        "Europe/Rome",
        PHONE,
        (Layer(rotation),),
    )
    async with ward.database.transaction() as uow:
        assert await uow.rotas.add(made)
        service = GuardService(
            ward.fresh.id(), hospital.id, "CT", "CT", PHONE, "Europe/Rome", (Step(made.id, 600),)
        )
        assert await uow.guard_services.add(service)
    ward.service = service.id
    clock.advance(hours=2)  # 11:00 in Rome: Rita's turn has begun
    return made


async def holder(ward: Ward, rota: Rota) -> str | None:
    async with ward.database.reading() as uow:
        person = await on_call(uow, rota.id, ward.clock.now())
    return person.name if person else None


async def held_case(ward: Ward, nurse: Actor, person: Actor) -> dict[str, Any]:
    made = await ward.ask(nurse)
    return await ward.guard.acceptance.accept(person, made["id"])


async def change_of_duty(ward: Ward, rota: Rota) -> datetime:
    """Past 10:00 in Rome of the next day, as the engine meets it."""
    edge = datetime.fromisoformat("2026-11-23T09:00:00+00:00")
    ward.clock.advance(seconds=(edge - ward.clock.now()).total_seconds())
    async with ward.database.transaction() as uow:
        await uow.deadlines.set(Deadline(DUTY, rota.id, edge))
    await ward.deadlines.meet()
    return edge


async def test_until_it_is_accepted_the_outgoing_radiologist_stays_on_call(
    ward: Ward, rota: Rota, nurse: Actor, day: Actor, night: Actor, bus: RecordingBus
) -> None:
    case = await held_case(ward, nurse, day)
    offered = await ward.guard.handovers.offer(day, rota.id, None)
    assert offered["incoming"]["name"] == "Rocco"
    assert [one["id"] for one in offered["cases"]] == [case["id"]]
    await change_of_duty(ward, rota)
    assert await holder(ward, rota) == "Rita", "the rota names Rocco, who has not taken it"
    bus.notices.clear()
    await ward.ask(nurse)
    assert {one.person for one in bus.named("guard.alert")} == {day.person}
    accepted = await ward.guard.handovers.accept(night, offered["id"])
    assert accepted["state"] == "accepted"
    assert await holder(ward, rota) == "Rocco"
    taken = await ward.look(nurse, case["id"])
    assert taken["accepted_by"]["name"] == "Rocco"
    said = [one["data"]["state"] for one in taken["log"] if one["type"] == "guard.handover"]
    assert said == ["offered", "accepted"]
    assert night.person in {one.person for one in bus.named("guard.alert")}, "what rings, too"


async def test_refused_it_stays_where_it_was_and_the_administrators_are_told(
    ward: Ward, rota: Rota, nurse: Actor, day: Actor, night: Actor, database: SqlDatabase
) -> None:
    case = await held_case(ward, nurse, day)
    offered = await ward.guard.handovers.offer(day, rota.id, None)
    await change_of_duty(ward, rota)
    await ward.guard.handovers.refuse(night, offered["id"], "In theatre.")
    assert await holder(ward, rota) == "Rita"
    assert (await ward.look(nurse, case["id"]))["accepted_by"]["name"] == "Rita"
    assert ("guard.handover_refused", offered["id"]) in await trail(database)
    with pytest.raises(HandOverAnswered):
        await ward.guard.handovers.accept(night, offered["id"])
    ward.clock.advance(days=1)  # the next change of duty is a new one
    assert await holder(ward, rota) == "Rita"
    ward.clock.advance(days=1)
    assert await holder(ward, rota) == "Rocco", "a refusal does not outlive the shift refused"


async def test_a_change_of_duty_with_open_cases_offers_itself(
    ward: Ward, rota: Rota, nurse: Actor, day: Actor, night: Actor
) -> None:
    await held_case(ward, nurse, day)
    await change_of_duty(ward, rota)
    waiting = (await ward.guard.handovers.mine(night))["items"]
    assert [(one["outgoing"]["name"], len(one["cases"])) for one in waiting] == [("Rita", 1)]
    assert await holder(ward, rota) == "Rita"


async def test_a_change_of_duty_without_open_cases_asks_nobody(
    ward: Ward, rota: Rota, night: Actor
) -> None:
    await change_of_duty(ward, rota)
    assert (await ward.guard.handovers.mine(night))["items"] == []
    assert await holder(ward, rota) == "Rocco"


async def test_taken_early_it_changes_hands_at_once(
    ward: Ward, rota: Rota, nurse: Actor, day: Actor, night: Actor
) -> None:
    offered = await ward.guard.handovers.offer(day, rota.id, None)
    assert await holder(ward, rota) == "Rita"
    await ward.guard.handovers.accept(night, offered["id"])
    assert await holder(ward, rota) == "Rocco"
    await held_case(ward, nurse, night)
    await change_of_duty(ward, rota)
    assert (await ward.guard.handovers.mine(night))["items"] == []


async def test_only_who_is_on_call_offers_and_only_who_was_asked_answers(
    ward: Ward, rota: Rota, day: Actor, night: Actor
) -> None:
    with pytest.raises(Forbidden):
        await ward.guard.handovers.offer(night, rota.id, day.person)
    with pytest.raises(Invalid):
        await ward.guard.handovers.offer(day, rota.id, day.person)
    offered = await ward.guard.handovers.offer(day, rota.id, None)
    with pytest.raises(Forbidden):
        await ward.guard.handovers.accept(day, offered["id"])
    await ward.guard.handovers.withdraw(day, offered["id"])
    await change_of_duty(ward, rota)
    assert await holder(ward, rota) == "Rocco"


async def test_an_unanswered_offer_wakes_again(ward: Ward, rota: Rota, day: Actor) -> None:
    offered = await ward.guard.handovers.offer(day, rota.id, None)
    for _ in range(2):
        ward.clock.advance(minutes=5)
        async with ward.database.transaction() as uow:
            due = await uow.deadlines.take(ward.clock.now())
            assert due is not None
            assert (due.kind, due.subject) == ("guard.handover", offered["id"])
            await ward.guard.handovers.remind(uow, due, ward.clock.now())
