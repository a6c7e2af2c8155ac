"""What is not answered sounds again: once for each person, however much waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import Actor, Role
from server.domain.guard import Priority
from server.domain.guard_notifications import REPEAT
from server.domain.organisations import Organisation
from server.services.deadlines import Deadlines
from server.services.guard import guard
from server.services.guard_alerts import AGAIN, ESCALATE
from server.services.guard_push import PushChannel
from server.services.guard_repeats import WAKES_LIMIT
from server.services.pushes import Pushes
from tests.services.conftest import AddUser, FakeClock, RecordingBus
from tests.services.guard_cast import Ward
from tests.services.test_pushes import Device, PushService, device, pushes, service, subscribe

__all__ = ["device", "pushes", "service"]

WAIT_S = int(REPEAT.total_seconds())


@pytest.fixture
def ward(database: SqlDatabase, clock: FakeClock, fresh: SystemFresh) -> Ward:
    made = Ward(database, clock, fresh)
    made.guard = guard(database, clock, fresh, [PushChannel(fresh)])
    made.deadlines = Deadlines(database, clock, made.guard.handlers, patient={AGAIN})
    return made


@pytest.fixture
async def nurse(add_user: AddUser) -> Actor:
    return await add_user("Nina", Role.NURSE)


@pytest.fixture
async def rita(ward: Ward, hospital: Organisation, add_user: AddUser) -> Actor:
    rita = await add_user("Rita", Role.RADIOLOGIST)
    await ward.furnish(hospital.id, (rita, 3600))
    await ward.guard.consoles.ready(rita, "desk", sound=True)
    return rita


@contextmanager
def statements(database: SqlDatabase) -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    said: list[str] = []

    def note(*given: object) -> None:
        said.append(str(given[2]))

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def test_however_much_waits_a_person_is_told_once_and_the_work_is_the_same(
    ward: Ward, nurse: Actor, rita: Actor, bus: RecordingBus, database: SqlDatabase
) -> None:
    await ward.ask(nurse)
    ward.clock.advance(seconds=WAIT_S)
    with statements(database) as for_one:
        assert await ward.deadlines.meet() == 1
    for _ in range(60):
        await ward.ask(nurse)
    ward.clock.advance(seconds=WAIT_S)
    with statements(database) as for_many:
        assert await ward.deadlines.meet() == 1
    assert [one.person for one in bus.named("guard.repeat")] == [rita.person] * 2
    assert len(for_many) == len(for_one), "no statement for each request"
    assert len(await ward.guard.consoles.pending(rita)) == 61, "and none is dropped"


async def test_a_newer_request_does_not_put_off_the_repetition_of_an_older_one(
    ward: Ward, nurse: Actor, rita: Actor, bus: RecordingBus
) -> None:
    await ward.ask(nurse)
    for _ in range(3):
        await ward.pass_time(WAIT_S / 2 + 1)
        await ward.ask(nurse)
    assert len(bus.named("guard.repeat")) == 1


async def test_once_all_is_answered_nothing_sounds_again(
    ward: Ward, nurse: Actor, rita: Actor, bus: RecordingBus, database: SqlDatabase
) -> None:
    first, second = await ward.ask(nurse), await ward.ask(nurse)
    await ward.guard.acceptance.accept(rita, first["id"])
    await ward.pass_time(WAIT_S)
    assert len(bus.named("guard.repeat")) == 1, "the other one waits"
    await ward.guard.acceptance.accept(rita, second["id"])
    await ward.pass_time(3 * WAIT_S)
    assert len(bus.named("guard.repeat")) == 1
    async with database.reading() as uow:
        assert not await uow.guard_rings.people(AGAIN)
    await ward.ask(nurse)
    await ward.pass_time(WAIT_S)
    assert len(bus.named("guard.repeat")) == 2


async def test_a_request_that_comes_while_nothing_is_found_is_not_forgotten(
    ward: Ward, nurse: Actor, rita: Actor, bus: RecordingBus, database: SqlDatabase
) -> None:
    """Another process took the repetition, saw nothing, and forgets it once this one stored."""
    over = await ward.ask(nurse)
    await ward.guard.acceptance.accept(rita, over["id"])
    ward.clock.advance(seconds=WAIT_S)
    async with database.reading() as uow:
        taken = await uow.deadlines.take(ward.clock.now())
    assert taken is not None
    assert taken.subject == rita.person
    await ward.ask(nurse)
    async with database.transaction() as uow:
        await uow.deadlines.forget(taken)
    await ward.pass_time(WAIT_S)
    assert len(bus.named("guard.repeat")) == 1


async def test_a_device_that_turns_up_is_in_every_alert_that_rings(
    ward: Ward, nurse: Actor, rita: Actor
) -> None:
    made = [await ward.ask(nurse) for _ in range(2)]
    await ward.pass_time(WAIT_S - 1)
    for name in ("desk", "phone"):
        await ward.guard.consoles.ready(rita, name, sound=True)
    await ward.pass_time(1)
    for one in made:
        sent = (await ward.look(nurse, one["id"]))["notifications"]
        assert [(each["device"], each["ready"]) for each in sent] == [
            ("desk", True),
            ("phone", True),
        ]
    await ward.pass_time(2 * WAIT_S)
    assert len((await ward.look(nurse, made[0]["id"]))["notifications"]) == 3, "nobody is there"


async def test_whoever_falls_silent_leaves_every_request_to_the_next_step(
    ward: Ward, hospital: Organisation, nurse: Actor, add_user: AddUser, database: SqlDatabase
) -> None:
    first = await add_user("Rita", Role.RADIOLOGIST)
    second = await add_user("Rocco", Role.RADIOLOGIST)
    await ward.furnish(hospital.id, (first, 3600), (second, 3600))
    for person in (first, second):
        await ward.guard.consoles.ready(person, "desk", sound=True)
    made = [await ward.ask(nurse) for _ in range(5)]
    assert {one["step"] for one in made} == {1}
    ward.clock.advance(seconds=WAIT_S)
    await ward.guard.consoles.ready(second, "desk", sound=True)
    await ward.deadlines.meet()
    assert {(await ward.look(nurse, one["id"]))["step"] for one in made} == {2}
    async with database.reading() as uow:
        due = await uow.deadlines.take(ward.clock.now() + REPEAT * 2)
    assert due is not None
    assert due.kind != ESCALATE, "it rings on at the last step for as long as that lasts"


async def test_a_closed_device_is_woken_again_for_the_most_urgent(
    ward: Ward, nurse: Actor, rita: Actor, pushes: Pushes, service: PushService, device: Device
) -> None:
    await subscribe(pushes, rita, device)
    for _ in range(WAKES_LIMIT):
        await ward.ask(nurse, priority=Priority.ROUTINE)
    emergency = (await ward.ask(nurse))["id"]
    await pushes.send()
    assert len(service.got) == WAKES_LIMIT + 1, "each wakes it when it comes"
    service.got.clear()
    await ward.pass_time(WAIT_S)
    await pushes.send()
    woken = [device.read(body)["place"].rpartition("/")[2] for _, _, body in service.got]
    assert len(woken) == WAKES_LIMIT
    assert emergency in woken
