"""The guard's use cases on a real SQLite file, with a clock that is turned by hand."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from server.adapters.database.unit_of_work import SqlDatabase, create_engine
from server.adapters.fresh import SystemFresh
from server.domain.access import Actor, Role
from server.domain.errors import Forbidden, NotFound, Unavailable
from server.domain.guard import AlreadyAccepted, GuardMoved, NotAcceptor
from server.domain.organisations import Organisation
from server.services.ports.bus import Notice
from tests.services.conftest import AddUser, FakeClock, RecordingBus, trail
from tests.services.guard_cast import Ward


@pytest.fixture
def ward(database: SqlDatabase, clock: FakeClock, fresh: SystemFresh) -> Ward:
    return Ward(database, clock, fresh)


@pytest.fixture
async def nurse(add_user: AddUser) -> Actor:
    return await add_user("Nina", Role.NURSE)


@pytest.fixture
async def first(add_user: AddUser) -> Actor:
    return await add_user("Rita", Role.RADIOLOGIST)


@pytest.fixture
async def second(add_user: AddUser) -> Actor:
    return await add_user("Rocco", Role.RADIOLOGIST)


async def both_ready(ward: Ward, *people: Actor) -> None:
    for person in people:
        await ward.guard.consoles.ready(person, "desk", sound=True)


async def test_a_request_is_alerted_accepted_and_told(
    ward: Ward,
    hospital: Organisation,
    nurse: Actor,
    first: Actor,
    second: Actor,
    bus: RecordingBus,
    database: SqlDatabase,
) -> None:
    await ward.furnish(hospital.id, (first, 120), (second, 120))
    await both_ready(ward, first, second)
    made = await ward.ask(nurse)
    assert (made["state"], made["step"], made["no_cover"]) == ("alerting", 1, False)
    assert [one["person"] for one in made["notifications"]] == [first.person]
    assert [one.person for one in bus.named("guard.alert")] == [first.person]
    assert not any("Ipsilon" in str(one.data) for one in bus.notices if "guard" in one.name)
    await ward.guard.consoles.delivered(first, "desk", made["id"])
    await ward.guard.consoles.seen(first, "desk", made["id"])
    accepted = await ward.guard.acceptance.accept(first, made["id"])
    assert accepted["accepted_by"] == {"id": first.person, "name": "Rita"}
    assert accepted["report_state"] == "draft"
    sent = accepted["notifications"][0]
    assert sent["delivered_at"]
    assert sent["seen_at"]
    assert sent["outcome"] == "accepted"
    kinds = ["requested", "alerted", "delivered", "seen", "accepted"]
    assert ward.kinds(accepted) == kinds
    assert ("guard.accepted", made["id"]) in await trail(database)
    await ward.pass_time(300)
    assert len(bus.named("guard.alert")) == 1, "nothing sounds after acceptance"


async def test_the_second_step_is_alerted_on_time_across_a_restart(
    ward: Ward,
    hospital: Organisation,
    nurse: Actor,
    first: Actor,
    second: Actor,
    clock: FakeClock,
    fresh: SystemFresh,
    tmp_path: Path,
) -> None:
    """Hazard 2: deadlines are rows; T+120 s ± 2 s by a new process on the same file."""
    await ward.furnish(hospital.id, (first, 120), (second, 120))
    await both_ready(ward, first, second)
    filed_at = clock.now()
    made = await ward.ask(nurse)
    for _ in range(6):
        await ward.pass_time(10)
        await both_ready(ward, first, second)
    bus = RecordingBus()
    engine = create_engine(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    again = Ward(SqlDatabase(engine, bus, clock), clock, fresh)
    for _ in range(8):
        await again.pass_time(10)
        await both_ready(again, first, second)
    await again.database.close()
    found = await ward.look(nurse, made["id"])
    assert found["step"] == 2
    at = next(
        entry["at"]
        for entry in found["log"]
        if entry["type"] == "guard.alerted" and entry["data"]["step"] == 2
    )
    late = (filed_at + timedelta(seconds=120)).isoformat()[:19]
    assert at[:19] == late
    assert second.person in {one.person for one in bus.named("guard.alert")}


async def test_an_empty_shift_is_told_at_once(
    ward: Ward,
    hospital: Organisation,
    nurse: Actor,
    database: SqlDatabase,
    bus: RecordingBus,
) -> None:
    """Hazard 3."""
    await ward.furnish(hospital.id, (None, 60), (None, 60))
    made = await ward.ask(nurse)
    assert made["no_cover"] is True
    assert made["phone"]
    told = [entry for entry in made["log"] if entry["type"] == "guard.no_cover"]
    assert [entry["data"]["step"] for entry in told] == [1, 2]
    assert all(entry["data"]["phone"] == made["phone"] for entry in told)
    incidents = [one for one in await trail(database) if one[0] == "guard.no_cover"]
    assert len(incidents) == 2
    assert not bus.named("guard.alert")


async def test_an_empty_step_advances_at_once_and_is_an_incident(
    ward: Ward, hospital: Organisation, nurse: Actor, second: Actor, database: SqlDatabase
) -> None:
    await ward.furnish(hospital.id, (None, 60), (second, 60))
    await both_ready(ward, second)
    made = await ward.ask(nurse)
    assert (made["step"], made["no_cover"]) == (2, False)
    assert [one["person"] for one in made["notifications"]] == [second.person]
    assert ("guard.no_cover", made["id"]) in await trail(database)


async def test_an_unready_step_is_alerted_and_the_next_beside_it(
    ward: Ward, hospital: Organisation, nurse: Actor, first: Actor, second: Actor
) -> None:
    await ward.furnish(hospital.id, (first, 120), (second, 120))
    await ward.guard.consoles.ready(first, "phone", sound=False)
    await ward.guard.consoles.ready(second, "desk", sound=True)
    made = await ward.ask(nurse)
    sent = {one["person"]: one["ready"] for one in made["notifications"]}
    assert sent == {first.person: False, second.person: True}
    accepted = await ward.guard.acceptance.accept(first, made["id"])
    assert accepted["accepted_by"]["id"] == first.person


async def test_somebody_who_drops_off_while_it_rings_is_not_waited_for(
    ward: Ward, hospital: Organisation, nurse: Actor, first: Actor, second: Actor
) -> None:
    await ward.furnish(hospital.id, (first, 120), (second, 120))
    await both_ready(ward, first)
    made = await ward.ask(nurse)
    assert made["step"] == 1
    await ward.guard.consoles.gone(first.person, "desk")
    await ward.pass_time(16)
    assert (await ward.look(nurse, made["id"]))["step"] == 2


async def test_nobody_answers_and_it_may_still_be_accepted(
    ward: Ward,
    hospital: Organisation,
    nurse: Actor,
    first: Actor,
    second: Actor,
    bus: RecordingBus,
) -> None:
    await ward.furnish(hospital.id, (first, 30), (second, 30))
    await both_ready(ward, first, second)
    made = await ward.ask(nurse)
    await ward.pass_time(65)
    found = await ward.look(nurse, made["id"])
    assert found["state"] == "exhausted"
    assert ward.kinds(found).count("exhausted") == 1
    heard = len(bus.named("guard.alert"))
    await ward.pass_time(120)
    assert len(bus.named("guard.alert")) > heard, "the last step repeats"
    found = await ward.look(nurse, made["id"])
    assert ward.kinds(found).count("exhausted") == 1
    accepted = await ward.guard.acceptance.accept(second, made["id"])
    assert accepted["state"] == "accepted"


async def test_one_accepts_and_the_others_are_told_who(
    ward: Ward,
    hospital: Organisation,
    nurse: Actor,
    first: Actor,
    second: Actor,
    bus: RecordingBus,
) -> None:
    await ward.furnish(hospital.id, (first, 30), (second, 30))
    made = await ward.ask(nurse)
    await ward.guard.acceptance.accept(second, made["id"])
    with pytest.raises(AlreadyAccepted) as refusal:
        await ward.guard.acceptance.accept(first, made["id"])
    assert refusal.value.details == {"by": "Rocco"}
    told = {one.person: one.data for one in bus.named("guard.cancel")}
    by = {"id": second.person, "name": "Rocco"}
    assert told[first.person] == {"request": made["id"], "code": "taken", "by": by}
    outcomes = {
        one["person"]: one["outcome"]
        for one in (await ward.look(nurse, made["id"]))["notifications"]
    }
    assert outcomes == {first.person: "taken", second.person: "accepted"}


async def test_accepted_then_silent_goes_back_to_alerting(
    ward: Ward, hospital: Organisation, nurse: Actor, first: Actor, second: Actor
) -> None:
    """Hazard 6: a call was asked for and the acceptor does not come."""
    await ward.furnish(hospital.id, (first, 120), (second, 120))
    await both_ready(ward, first, second)
    made = await ward.ask(nurse, wants_call=True)
    await ward.guard.acceptance.accept(first, made["id"])
    await ward.pass_time(179)
    assert (await ward.look(nurse, made["id"]))["state"] == "accepted"
    await both_ready(ward, first, second)
    await ward.pass_time(2)
    found = await ward.look(nurse, made["id"])
    assert (found["state"], found["accepted_by"], found["step"]) == ("alerting", None, 2)
    accepted = await ward.guard.acceptance.accept(second, made["id"])
    assert accepted["report"] is not None


async def test_where_only_a_reading_was_asked_for_nobody_must_join(
    ward: Ward, hospital: Organisation, nurse: Actor, first: Actor
) -> None:
    await ward.furnish(hospital.id, (first, 120))
    made = await ward.ask(nurse)
    await ward.guard.acceptance.accept(first, made["id"])
    await ward.pass_time(200)
    assert (await ward.look(nurse, made["id"]))["state"] == "accepted"


async def test_a_call_by_phone_counts_as_a_call(
    ward: Ward, hospital: Organisation, nurse: Actor, first: Actor
) -> None:
    await ward.furnish(hospital.id, (first, 120))
    made = await ward.ask(nurse, wants_call=True)
    await ward.guard.acceptance.accept(first, made["id"])
    opened = await ward.guard.acceptance.open(first, made["id"], by_phone=True)
    assert opened["state"] == "working"
    await ward.pass_time(200)
    assert (await ward.look(nurse, made["id"]))["state"] == "working"


async def test_a_late_report_is_a_warning(
    ward: Ward, hospital: Organisation, nurse: Actor, first: Actor, clock: FakeClock
) -> None:
    await ward.furnish(hospital.id, (first, 120))
    made = await ward.ask(nurse)
    await ward.guard.acceptance.accept(first, made["id"])
    clock.advance(minutes=61)
    await ward.deadlines.meet()
    found = await ward.look(nurse, made["id"])
    assert found["state"] == "report_pending"
    assert ward.kinds(found)[-1] == "report_overdue"


async def test_release_refer_ask_and_cancel(
    ward: Ward, hospital: Organisation, nurse: Actor, first: Actor, second: Actor
) -> None:
    acceptance = ward.guard.acceptance
    await ward.furnish(hospital.id, (first, 120), (second, 120))
    await both_ready(ward, first, second)
    made = await ward.ask(nurse)
    await acceptance.accept(first, made["id"])
    with pytest.raises(NotFound):
        await acceptance.refer(nurse, "missing", second.person)
    with pytest.raises(NotAcceptor):
        await acceptance.refer(second, made["id"], first.person)
    asked = await acceptance.ask(first, made["id"], "Since when?")
    assert ward.kinds(asked)[-1] == "information_asked"
    referred = await acceptance.refer(first, made["id"], second.person)
    assert referred["accepted_by"]["id"] == first.person, "until accepted it stays"
    taken = await acceptance.accept(second, made["id"])
    assert taken["accepted_by"]["id"] == second.person
    released = await acceptance.release(second, made["id"], "another emergency")
    assert (released["state"], released["accepted_by"]) == ("alerting", None)
    with pytest.raises(Forbidden):
        await ward.guard.requests.cancel(first, made["id"], "no")
    cancelled = await ward.guard.requests.cancel(nurse, made["id"], "transferred")
    assert cancelled["state"] == "cancelled"
    with pytest.raises(GuardMoved):
        await acceptance.accept(first, made["id"])
    assert await ward.guard.consoles.pending(first) == []


async def test_strangers_see_nothing_and_colleagues_of_the_rota_see_the_queue(
    ward: Ward, hospital: Organisation, nurse: Actor, first: Actor, add_user: AddUser
) -> None:
    await ward.furnish(hospital.id, (first, 120))
    made = await ward.ask(nurse)
    for role in (Role.NURSE, Role.RADIOLOGIST, Role.SPECIALIST):
        stranger = await add_user(f"Sam {role.value}", role)
        with pytest.raises(NotFound):
            await ward.look(stranger, made["id"])
        assert await ward.guard.requests.queue(stranger, None) == []
        with pytest.raises(NotFound):
            await ward.guard.acceptance.accept(stranger, made["id"])
    assert [one["id"] for one in await ward.guard.requests.queue(first, None)] == [made["id"]]
    with pytest.raises(Forbidden):
        await ward.guard.acceptance.accept(nurse, made["id"])
    with pytest.raises(Forbidden):
        await ward.ask(await add_user("Clara", Role.BOOKING_CLERK))


async def test_many_accept_at_once_and_one_wins(
    ward: Ward, hospital: Organisation, nurse: Actor, first: Actor, second: Actor
) -> None:
    """Hazard 5, on SQLite; tests/adapters has a hundred, and PostgreSQL too."""
    await ward.furnish(hospital.id, (first, 120), (second, 120))
    made = await ward.ask(nurse)
    people = [first, second]

    async def accept(person: Actor) -> str:
        try:
            done = await ward.guard.acceptance.accept(person, made["id"])
        except AlreadyAccepted as refusal:
            return f"told {refusal.details['by']}"
        return f"won {done['accepted_by']['name']}"

    answers = await asyncio.gather(*(accept(people[at % 2]) for at in range(20)))
    [name] = {answer.removeprefix("won ") for answer in answers if answer.startswith("won ")}
    told = Counter(answers)
    assert told == {f"won {name}": 10, f"told {name}": 10}, "who won hears so each time"


class DeadBus(RecordingBus):
    """The process dies between storing and sending: nothing leaves."""

    async def publish(self, notice: Notice) -> None:
        raise Unavailable


async def test_an_alert_stored_by_a_process_that_died_is_delivered_once_by_the_next(
    ward: Ward,
    hospital: Organisation,
    nurse: Actor,
    first: Actor,
    clock: FakeClock,
    fresh: SystemFresh,
    tmp_path: Path,
) -> None:
    """Hazard 1."""
    await ward.furnish(hospital.id, (first, 120))
    url = f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
    dying = Ward(SqlDatabase(create_engine(url), DeadBus(), clock), clock, fresh, ward.service)
    made = await dying.ask(nurse)
    await dying.database.close()
    bus = RecordingBus()
    revived = SqlDatabase(create_engine(url), bus, clock)
    clock.advance(seconds=3)
    for _ in range(3):
        await revived.flush_outbox()
    await revived.close()
    assert [one.data["request"] for one in bus.named("guard.alert")] == [made["id"]]
    assert [one.person for one in bus.named("guard.alert")] == [first.person]
