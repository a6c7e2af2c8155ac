"""The auditor: nothing that waits for somebody is forgotten, and silence can be heard outside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from sqlalchemy import select

from server.adapters.database.deadlines import deadlines
from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import Actor, Role
from server.domain.deadlines import Deadline
from server.domain.organisations import Organisation
from server.domain.webhooks import Outcome
from server.services.guard_alerts import AGAIN, ESCALATE
from server.services.guard_auditor import GuardAuditor
from server.services.heartbeat import Heartbeat
from tests.services.conftest import AddUser, FakeClock, RecordingBus, trail
from tests.services.guard_cast import Ward


class Watchdog:
    """Hears heartbeats; fakes the outside alone."""

    def __init__(self) -> None:
        self.heard = 0
        self.outcome = Outcome(200)

    async def post(self, _url: str, _headers: Mapping[str, str], _body: bytes) -> Outcome:
        self.heard += 1
        return self.outcome


@pytest.fixture
def auditor(database: SqlDatabase, clock: FakeClock) -> GuardAuditor:
    return GuardAuditor(database, clock)


@pytest.fixture
async def people(
    ward: Ward, hospital: Organisation, add_user: AddUser
) -> tuple[Actor, Actor, Actor]:
    nurse = await add_user("Nina", Role.NURSE)
    first = await add_user("Rita", Role.RADIOLOGIST)
    second = await add_user("Rocco", Role.RADIOLOGIST)
    await ward.furnish(hospital.id, (first, 120), (second, 120))
    return nurse, first, second


@pytest.fixture
def ward(database: SqlDatabase, clock: FakeClock, fresh: SystemFresh) -> Ward:
    return Ward(database, clock, fresh)


async def watch(ward: Ward, auditor: GuardAuditor, seconds: int, *present: Actor) -> None:
    """Time passes while pages of these are open."""
    for _ in range(seconds // 10):
        for person in present:
            await ward.guard.consoles.ready(person, "desk", sound=True)
        await ward.pass_time(10)
        await auditor.audit()


async def test_a_request_without_a_next_step_gets_one_and_it_is_told(
    ward: Ward,
    database: SqlDatabase,
    auditor: GuardAuditor,
    people: tuple[Actor, Actor, Actor],
) -> None:
    nurse, *_ = people
    made = await ward.ask(nurse)
    await auditor.audit()
    await auditor.probe()
    async with database.transaction() as uow:
        await uow.deadlines.cancel(made["id"])
    await auditor.audit()
    with pytest.raises(RuntimeError):
        await auditor.probe()
    assert ("guard.repaired", made["id"]) in await trail(database)
    assert ("alarm.guard_repaired", "guard") in await trail(database)
    await ward.deadlines.meet()
    await auditor.audit()
    await auditor.probe()
    assert (await ward.look(nurse, made["id"]))["state"] == "exhausted", "both steps had fired"


async def test_hazard_4_a_restart_after_a_wrong_clock_leaves_nothing_far_away(
    ward: Ward,
    database: SqlDatabase,
    clock: FakeClock,
    auditor: GuardAuditor,
    people: tuple[Actor, Actor, Actor],
) -> None:
    """The clock was an hour ahead when the deadlines were written."""
    nurse, first, _ = people
    await ward.guard.consoles.ready(first, "desk", sound=True)
    made = await ward.ask(nurse)
    async with database.transaction() as uow:
        for kind, subject, wait in ((ESCALATE, made["id"], 120), (AGAIN, first.person, 15)):
            far = clock.now() + timedelta(hours=1, seconds=wait)
            await uow.deadlines.set(Deadline(kind, subject, far))
    await auditor.audit()
    await ward.deadlines.meet()
    assert (await ward.look(nurse, made["id"]))["step"] == 2
    async with database.reading() as uow:
        rings = select(deadlines.c.due_at).where(
            deadlines.c.kind == AGAIN, deadlines.c.subject == first.person
        )
        again_at = await uow.connection.scalar(rings)
    assert again_at is not None
    assert again_at <= clock.now() + timedelta(seconds=20)


async def test_whoever_would_not_be_rung_again_is(
    ward: Ward,
    database: SqlDatabase,
    auditor: GuardAuditor,
    bus: RecordingBus,
    people: tuple[Actor, Actor, Actor],
) -> None:
    nurse, first, _ = people
    await ward.guard.consoles.ready(first, "desk", sound=True)
    await ward.ask(nurse)
    async with database.transaction() as uow:
        await uow.deadlines.cancel(first.person)
    await auditor.audit()
    assert ("guard.repaired", first.person) in await trail(database)
    await ward.deadlines.meet()
    assert [one.person for one in bus.named("guard.repeat")] == [first.person]
    await auditor.audit()
    await auditor.probe()


async def test_hazard_6_an_acceptor_who_vanishes_after_joining_is_no_longer_waited_for(
    ward: Ward,
    auditor: GuardAuditor,
    people: tuple[Actor, Actor, Actor],
    database: SqlDatabase,
) -> None:
    nurse, first, second = people
    await ward.guard.consoles.ready(first, "desk", sound=True)
    made = await ward.ask(nurse, wants_call=True)
    await ward.guard.acceptance.accept(first, made["id"])
    async with database.transaction() as uow:
        await uow.deadlines.cancel(made["id"], "guard.join")  # joined: the join timer is met
    await watch(ward, auditor, 300, first, second)
    assert (await ward.look(nurse, made["id"]))["state"] == "accepted"
    await watch(ward, auditor, 100, second)
    assert (await ward.look(nurse, made["id"]))["state"] == "accepted", "back within the time"
    await watch(ward, auditor, 200, first, second)
    assert (await ward.look(nurse, made["id"]))["state"] == "accepted"
    await watch(ward, auditor, 230, second)
    back = await ward.look(nurse, made["id"])
    assert back["state"] == "alerting"
    [released] = [one for one in back["log"] if one["type"] == "guard.released"]
    assert released["data"]["reason"] == "lost"
    assert second.person in {one["person"] for one in back["notifications"] if not one["outcome"]}


async def test_hazard_6_who_spoke_by_phone_may_read_elsewhere_and_the_requester_is_told_once(
    ward: Ward, auditor: GuardAuditor, people: tuple[Actor, Actor, Actor]
) -> None:
    nurse, first, second = people
    made = await ward.ask(nurse, wants_call=True)
    await ward.guard.acceptance.accept(first, made["id"])
    await ward.guard.acceptance.open(first, made["id"])
    await ward.guard.acceptance.open(first, made["id"], by_phone=True)
    await watch(ward, auditor, 900, second)
    held = await ward.look(nurse, made["id"])
    assert held["state"] == "working"
    assert ward.kinds(held).count("acceptor_lost") == 1


async def test_the_heart_beats_while_all_is_right_and_in_no_other_minute(
    ward: Ward,
    database: SqlDatabase,
    clock: FakeClock,
    auditor: GuardAuditor,
    people: tuple[Actor, Actor, Actor],
) -> None:
    outside = Watchdog()
    heartbeat = Heartbeat(outside, "https://watchdog.example/ping", [auditor.probe])
    assert not await heartbeat.beat(), "nothing was audited yet"
    await auditor.audit()
    assert await heartbeat.beat()
    outside.outcome = Outcome(503)
    assert not await heartbeat.beat()
    heard = outside.heard
    async with database.transaction() as uow:
        await uow.deadlines.set(Deadline("x", "y", clock.now() - timedelta(minutes=1)))
    await auditor.audit()
    assert not await heartbeat.beat(), "a deadline is late"
    async with database.transaction() as uow:
        await uow.deadlines.cancel("y")
    await auditor.audit()
    clock.advance(minutes=2)
    assert not await heartbeat.beat(), "the auditor stands still"
    assert outside.heard == heard
    assert not await Heartbeat(outside, None, []).beat()


async def test_a_server_that_has_just_started_warns_of_nothing_but_proves_nothing_either(
    auditor: GuardAuditor, clock: FakeClock
) -> None:
    await auditor.warn()
    with pytest.raises(RuntimeError):
        await auditor.probe()
    clock.advance(seconds=60)
    with pytest.raises(RuntimeError):
        await auditor.warn()
