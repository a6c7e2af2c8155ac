"""The exam waits for its justification: answered before it, seen at once, never signed without."""

from __future__ import annotations

from typing import Any

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import Actor, Role
from server.domain.errors import Forbidden, Invalid
from server.domain.guard import GuardMoved, NotAcceptor
from server.domain.guard_justification import JustificationMissing, Verdict
from server.domain.instants import rfc3339
from server.domain.organisations import Organisation
from server.domain.reports import ReportKind
from server.services.reports import Reports
from tests.services.conftest import AddUser, FakeClock, RecordingBus, trail
from tests.services.guard_cast import Ward
from tests.services.test_reports import PapersKept

PROTOCOL = "CT head without contrast,\nthen call me."


@pytest.fixture
def ward(database: SqlDatabase, clock: FakeClock, fresh: SystemFresh) -> Ward:
    return Ward(database, clock, fresh)


@pytest.fixture
def reports(database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, ward: Ward) -> Reports:
    hooks = {ReportKind.GUARD: ward.guard.reports}
    return Reports(database, clock, fresh, PapersKept(), hooks)


@pytest.fixture
async def nurse(add_user: AddUser) -> Actor:
    return await add_user("Nina", Role.NURSE)


@pytest.fixture
async def reader(add_user: AddUser) -> Actor:
    return await add_user("Rita", Role.RADIOLOGIST)


@pytest.fixture
async def waiting(ward: Ward, hospital: Organisation, nurse: Actor, reader: Actor) -> str:
    """A request that was accepted and whose exam waits."""
    await ward.furnish(hospital.id, (reader, 600))
    made = await ward.ask(nurse, justify_first=True)
    assert (made["justify_first"], made["justification"]) == (True, None)
    await ward.guard.acceptance.accept(reader, made["id"])
    return str(made["id"])


async def sign(reports: Reports, reader: Actor, request: dict[str, Any]) -> None:
    report = await reports.get(reader, request["report"])
    if not report.findings:
        report = await reports.write(reader, report.id, report.version, "None.", "Normal.")
    await reports.sign(reader, report.id, report.version, interim=True, attestation="PACS")


async def test_the_requester_sees_the_answer_and_only_then_a_report_is_signed(
    ward: Ward,
    reports: Reports,
    nurse: Actor,
    reader: Actor,
    waiting: str,
    bus: RecordingBus,
    database: SqlDatabase,
) -> None:
    request = await ward.look(nurse, waiting)
    with pytest.raises(JustificationMissing):
        await sign(reports, reader, request)
    bus.notices.clear()
    justify = ward.guard.acceptance.justify
    await justify(reader, waiting, Verdict.JUSTIFIED, f"  {PROTOCOL} ")
    assert nurse.person in {one.person for one in bus.named("guard.update")}
    seen = await ward.look(nurse, waiting)
    assert seen["state"] == "working"
    assert seen["justification"]["verdict"] == "justified"
    assert seen["justification"]["text"] == PROTOCOL
    assert seen["justification"]["by"] == {"id": reader.person, "name": "Rita"}
    assert seen["log"][-1]["type"] == "guard.justified"
    assert ("guard.justified", waiting) in await trail(database)
    again = await justify(reader, waiting, Verdict.JUSTIFIED, PROTOCOL)
    assert again["version"] == seen["version"], "said twice it is said once"
    await sign(reports, reader, seen)
    with pytest.raises(GuardMoved):
        await justify(reader, waiting, Verdict.NOT_JUSTIFIED, "Pregnant.")


async def test_an_answer_may_be_taken_back_until_something_is_signed(
    ward: Ward, nurse: Actor, reader: Actor, waiting: str
) -> None:
    justify = ward.guard.acceptance.justify
    await justify(reader, waiting, Verdict.JUSTIFIED, "")
    changed = await justify(reader, waiting, Verdict.NOT_JUSTIFIED, "Pregnant: ultrasound first.")
    assert changed["justification"]["verdict"] == "not_justified"
    assert ward.kinds(changed).count("justified") == 2, "each answer stays in the log"


async def test_what_was_said_stays_when_the_case_is_let_go(
    ward: Ward, reports: Reports, nurse: Actor, reader: Actor, waiting: str
) -> None:
    await ward.guard.acceptance.justify(reader, waiting, Verdict.ALTERNATIVE, "MR, no contrast.")
    await ward.guard.acceptance.release(reader, waiting, "Another emergency.")
    accepted = await ward.guard.acceptance.accept(reader, waiting)
    assert accepted["justification"]["verdict"] == "alternative"
    await sign(reports, reader, accepted)


async def test_who_did_not_accept_or_was_not_asked_does_not_answer(
    ward: Ward, nurse: Actor, reader: Actor, waiting: str, add_user: AddUser
) -> None:
    justify = ward.guard.acceptance.justify
    other = await add_user("Rocco", Role.RADIOLOGIST)
    with pytest.raises(Forbidden):
        await justify(nurse, waiting, Verdict.JUSTIFIED, "")
    await ward.guard.acceptance.refer(reader, waiting, other.person)
    with pytest.raises(NotAcceptor):
        await justify(other, waiting, Verdict.JUSTIFIED, "")
    for verdict in (Verdict.NOT_JUSTIFIED, Verdict.ALTERNATIVE):
        with pytest.raises(Invalid):
            await justify(reader, waiting, verdict, " ")
    unasked = await ward.ask(nurse)
    await ward.guard.acceptance.accept(reader, unasked["id"])
    with pytest.raises(GuardMoved):
        await justify(reader, unasked["id"], Verdict.JUSTIFIED, "")


async def test_the_ward_says_that_the_exam_is_done_and_the_report_is_due_from_then_on(
    ward: Ward, nurse: Actor, reader: Actor, waiting: str, bus: RecordingBus, database: SqlDatabase
) -> None:
    acceptance = ward.guard.acceptance
    await acceptance.open(reader, waiting)
    with pytest.raises(GuardMoved):
        await acceptance.exam_done(nurse, waiting)  # nobody said that it may be done
    await acceptance.justify(reader, waiting, Verdict.JUSTIFIED, PROTOCOL)
    await ward.pass_time(30)
    bus.notices.clear()
    done = await acceptance.exam_done(nurse, waiting)
    assert reader.person in {one.person for one in bus.named("guard.update")}
    assert done["exam_done_at"] == rfc3339(ward.clock.now())
    assert done["log"][-1]["type"] == "guard.exam_done"
    assert ("guard.exam_done", waiting) in await trail(database)
    again = await acceptance.exam_done(reader, waiting)
    assert again["version"] == done["version"], "said twice it is said once"
    with pytest.raises(GuardMoved):
        await acceptance.justify(reader, waiting, Verdict.NOT_JUSTIFIED, "Pregnant.")
    ward.clock.advance(seconds=60 * 60 - 1)  # an hour after it was accepted, and more
    await ward.deadlines.meet()
    assert (await ward.look(reader, waiting))["state"] == "working"
    await ward.pass_time(1)
    assert (await ward.look(reader, waiting))["state"] == "report_pending"


async def test_an_exam_that_is_not_to_be_done_is_not_done_and_strangers_do_not_say_so(
    ward: Ward, nurse: Actor, reader: Actor, waiting: str, add_user: AddUser
) -> None:
    acceptance = ward.guard.acceptance
    await acceptance.justify(reader, waiting, Verdict.NOT_JUSTIFIED, "Pregnant.")
    with pytest.raises(GuardMoved):
        await acceptance.exam_done(nurse, waiting)
    await acceptance.justify(reader, waiting, Verdict.ALTERNATIVE, "MR, no contrast.")
    other = await add_user("Rocco", Role.RADIOLOGIST)
    await acceptance.refer(reader, waiting, other.person)
    with pytest.raises(Forbidden):
        await acceptance.exam_done(other, waiting)
    await acceptance.release(reader, waiting, "Another emergency.")
    with pytest.raises(GuardMoved):
        await acceptance.exam_done(nurse, waiting)  # while nobody has it
    await acceptance.accept(reader, waiting)
    assert (await acceptance.exam_done(nurse, waiting))["exam_done_at"]


async def test_an_exam_is_done_after_an_interim_report_without_a_new_time_for_it(
    ward: Ward, reports: Reports, nurse: Actor, reader: Actor, waiting: str
) -> None:
    acceptance = ward.guard.acceptance
    justified = await acceptance.justify(reader, waiting, Verdict.JUSTIFIED, "")
    await sign(reports, reader, justified)
    ward.clock.advance(seconds=60)
    assert (await acceptance.exam_done(nurse, waiting))["report_state"] == "interim"
    ward.clock.advance(seconds=60 * 60 - 60)  # an hour after it was accepted
    await ward.deadlines.meet()
    assert "report_overdue" in ward.kinds(await ward.look(reader, waiting))


async def test_an_awaited_exam_gives_the_report_its_time_once_more_and_not_for_ever(
    ward: Ward, nurse: Actor, reader: Actor, waiting: str
) -> None:
    acceptance = ward.guard.acceptance
    await acceptance.justify(reader, waiting, Verdict.JUSTIFIED, PROTOCOL)
    await ward.pass_time(2 * 60 * 60 - 1)
    assert "report_overdue" not in ward.kinds(await ward.look(nurse, waiting))
    await ward.pass_time(1)
    assert (await ward.look(nurse, waiting))["state"] == "report_pending", "nobody said: done"
    await acceptance.exam_done(nurse, waiting)
    ward.clock.advance(seconds=60 * 60 - 1)
    await ward.deadlines.meet()
    assert (await ward.look(nurse, waiting))["state"] == "working"
    await ward.pass_time(1)
    assert (await ward.look(nurse, waiting))["state"] == "report_pending"


async def test_who_does_not_answer_is_late_and_has_the_whole_time_after_the_exam(
    ward: Ward, nurse: Actor, reader: Actor, waiting: str
) -> None:
    ward.clock.advance(hours=1)
    await ward.deadlines.meet()
    assert (await ward.look(nurse, waiting))["state"] == "report_pending"
    acceptance = ward.guard.acceptance
    await acceptance.justify(reader, waiting, Verdict.JUSTIFIED, PROTOCOL)
    done = await acceptance.exam_done(nurse, waiting)
    assert done["state"] == "working", "not late any more"
    ward.clock.advance(hours=1)
    await ward.deadlines.meet()
    late = await ward.look(nurse, waiting)
    assert (late["state"], ward.kinds(late).count("report_overdue")) == ("report_pending", 2)
