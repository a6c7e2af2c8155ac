"""Consultations as use cases: who may what, what follows from each move, what waits for whom."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.domain.access import RoomRole
from server.domain.consultations import State, WrongStep
from server.domain.errors import DomainError, Forbidden, Invalid, NotFound
from server.domain.opinions import AlreadySigned, OpinionMissing, Outcome
from server.domain.patients import PatientMismatch
from server.domain.slots import Series, SlotsOverlap, SlotTaken
from server.services.consultation_moves import CLOSE_AFTER
from server.services.consultations import Describe
from server.services.ports.clock import Fresh
from tests.services.conftest import AddUser, FakeClock, trail
from tests.services.consultation_play import FIRST, TOLD, Play, begin


@pytest.fixture
async def play(database: SqlDatabase, clock: FakeClock, fresh: Fresh, add_user: AddUser) -> Play:
    return await begin(database, clock, fresh, add_user)


async def test_the_expert_or_the_clerk_publishes(play: Play) -> None:
    later = Series(FIRST + timedelta(days=1), "Europe/Rome", 30, weeks=2)
    made = await play.slots.publish(play.clerk, play.second.person, None, later)
    assert [slot.expert_name for slot in made] == ["Second", "Second"]
    assert len(await play.free()) == 6
    for actor, expert in ((play.expert, play.second.person), (play.rosa, None)):
        with pytest.raises(Forbidden):
            await play.slots.publish(actor, expert, None, later)
    with pytest.raises(SlotsOverlap):
        await play.slots.publish(
            play.clerk, play.expert.person, None, Series(FIRST, "Europe/Rome", 45)
        )
    assert [one.name for one in await play.slots.experts(play.clerk)] == ["Expert", "Second"]
    assert [one.name for one in await play.slots.experts(play.expert)] == ["Expert"]
    assert await play.slots.experts(play.rosa) == []


async def test_free_slots_are_withdrawn_by_the_centre_only(play: Play) -> None:
    one = await play.booked()
    free, taken = (await play.free())[0].id, await play.slots.agenda(play.expert)
    booked = next(slot for slot in taken if slot.consultation == one)
    for actor, slot in ((play.rosa, free), (play.second, free), (play.clerk, "none")):
        with pytest.raises(NotFound):
            await play.slots.withdraw(actor, slot)
    with pytest.raises(SlotTaken):
        await play.slots.withdraw(play.expert, booked.id)
    await play.slots.withdraw(play.clerk, free)
    assert free not in {slot.id for slot in await play.free()}
    with pytest.raises(Forbidden):
        await play.slots.agenda(play.rosa)


async def test_a_mismatched_patient_is_not_described(play: Play) -> None:
    await play.cases.describe(play.rosa, TOLD)
    other = Describe("Mario Rossi", date(1962, 4, 2), "RSSMRA61", "Chordoma", "Carbon ions?")
    with pytest.raises(PatientMismatch):
        await play.cases.describe(play.rosa, other)
    with pytest.raises(Forbidden):
        await play.cases.describe(play.clerk, TOLD)


async def test_documents_are_out_of_reach_until_the_centre_confirms(play: Play) -> None:
    one = await play.booked()
    assert await play.standing(one, play.rosa) == (RoomRole.MEMBER, False)
    assert await play.standing(one, play.expert) == (RoomRole.MEMBER, False)
    await play.appointments.confirm(play.clerk, one)
    assert await play.standing(one, play.rosa) == (RoomRole.HOST, True)
    assert await play.standing(one, play.expert) == (RoomRole.HOST, True)
    assert await play.standing(one, play.clerk) is None
    await play.opinions.invite(play.expert, one, play.second.person)
    assert await play.standing(one, play.second) == (RoomRole.MEMBER, True)
    await play.appointments.release(play.rosa, one)
    assert await play.standing(one, play.rosa) == (RoomRole.MEMBER, False)
    assert await play.standing(one, play.second) == (RoomRole.MEMBER, False)
    assert await play.standing(one, play.expert) is None


async def test_who_has_nothing_to_do_with_it_does_not_see_it(play: Play) -> None:
    case = (await play.cases.describe(play.rosa, TOLD)).seen.consultation
    for actor in (play.stranger, play.expert, play.clerk):
        with pytest.raises(NotFound):
            await play.cases.get(actor, case.id)
        with pytest.raises(NotFound):
            await play.cases.of_room(actor, case.room)
    for missing in ("none", "\0"):
        with pytest.raises(NotFound):
            await play.cases.get(play.rosa, missing)
        with pytest.raises(NotFound):
            await play.cases.of_room(play.rosa, missing)
    one = await play.booked()
    assert "confirm" in (await play.cases.get(play.clerk, one)).powers
    with pytest.raises(Forbidden):
        await play.appointments.confirm(play.rosa, one)
    await play.appointments.decline(play.expert, one, "No data")
    with pytest.raises(NotFound):
        await play.cases.get(play.expert, one)
    assert (await play.cases.get(play.rosa, one)).seen.consultation.steps[-1].note == "No data"


async def test_a_slot_is_taken_once_and_given_back(play: Play) -> None:
    one, slot = await play.booked(), (await play.slots.agenda(play.clerk))[0]
    again = await play.appointments.book(play.rosa, one, slot.id)
    assert len(again.seen.consultation.steps) == 2, "asking twice is asking once"
    rival = (await play.cases.describe(play.rosa, TOLD)).seen.consultation.id
    with pytest.raises(SlotTaken):
        await play.appointments.book(play.rosa, rival, slot.id)
    assert await play.state(rival) is State.DESCRIBED
    with pytest.raises(NotFound):
        await play.appointments.book(play.rosa, rival, "none")
    later = (await play.free())[0]
    await play.appointments.book(play.rosa, one, later.id)
    await play.appointments.book(play.rosa, rival, slot.id)
    await play.cases.cancel(play.rosa, rival, "Healed")
    assert slot.id in {each.id for each in await play.free()}


async def test_an_unanswered_request_lapses_at_its_time(play: Play) -> None:
    one = await play.booked()
    slot = (await play.slots.agenda(play.clerk))[0]
    play.clock.advance(seconds=(slot.starts_at - play.clock.now()).total_seconds() - 1)
    assert await play.deadlines.meet() == 0
    play.clock.advance(seconds=1)
    assert await play.deadlines.meet() == 1
    assert await play.state(one) is State.DESCRIBED
    assert await play.standing(one, play.expert) is None
    with pytest.raises(NotFound):
        await play.appointments.confirm(play.clerk, one)


async def test_an_answered_request_does_not_lapse(play: Play) -> None:
    one = await play.held()
    play.clock.advance(days=2)
    assert await play.deadlines.meet() == 0
    assert await play.state(one) is State.CONFIRMED


async def test_every_opinion_is_needed(play: Play) -> None:
    one = await play.held()
    with pytest.raises(OpinionMissing):
        await play.conclude(one)
    await play.opinions.invite(play.rosa, one, play.second.person)
    await play.sign(play.expert, one)
    with pytest.raises(OpinionMissing):
        await play.conclude(one)
    for actor in (play.rosa, play.clerk):
        with pytest.raises(Forbidden):
            await play.sign(actor, one)
    await play.opinions.dismiss(play.rosa, one, play.second.person)
    assert await play.standing(one, play.second) is None
    with pytest.raises(AlreadySigned):
        await play.sign(play.expert, one)
    ended = await play.conclude(one)
    assert ended.seen.consultation.state is State.CONCLUDED
    with pytest.raises(WrongStep):
        await play.conclude(one)


async def test_who_is_invited_and_dismissed(play: Play) -> None:
    one = await play.held()
    for person, error in (
        (play.rosa.person, Invalid),
        (play.clerk.person, Invalid),
        ("none", NotFound),
    ):
        with pytest.raises(error):
            await play.opinions.invite(play.rosa, one, person)
    with pytest.raises(Forbidden):
        await play.opinions.dismiss(play.rosa, one, play.expert.person)
    with pytest.raises(NotFound):
        await play.opinions.dismiss(play.rosa, one, play.second.person)
    for _ in range(2):
        await play.opinions.invite(play.rosa, one, play.second.person)
    await play.sign(play.second, one)
    with pytest.raises(AlreadySigned):
        await play.opinions.dismiss(play.rosa, one, play.second.person)
    actions = [action for action, subject in await trail(play.database) if subject == one]
    assert actions.count("consultation.doctor_invited") == 1


async def test_a_draft_is_its_authors_own(play: Play) -> None:
    one = await play.held()
    await play.opinions.write(play.expert, one, "Perhaps", None)
    await play.opinions.synthesise(play.rosa, one, "Perhaps", "", None)
    mine = (await play.cases.get(play.expert, one)).to_wire()
    assert [each["text"] for each in mine["opinions"]] == ["Perhaps"]
    assert mine["syntheses"] == []
    theirs = (await play.cases.get(play.rosa, one)).to_wire()
    assert theirs["opinions"] == []
    assert theirs["doctors"][0]["opinion"] == "draft"
    assert [each["text"] for each in theirs["syntheses"]] == ["Perhaps"]


async def test_missing_data_are_supplemented_and_asked_again(play: Play) -> None:
    one = await play.held()
    await play.sign(play.expert, one, Outcome.DATA_MISSING)
    await play.conclude(one, Outcome.DATA_MISSING)
    assert await play.state(one) is State.SUPPLEMENT
    await play.cases.supplement(play.rosa, one, "MRI of May")
    with pytest.raises(Forbidden):
        await play.cases.supplement(play.expert, one, "Mine")
    await play.appointments.book(play.rosa, one, (await play.free())[0].id)
    await play.appointments.confirm(play.expert, one)
    with pytest.raises(OpinionMissing):
        await play.conclude(one)
    await play.sign(play.expert, one)
    ended = await play.conclude(one)
    assert [each.round for each in ended.opinions] == [1, 2]


async def test_the_room_ends_a_day_after_the_outcome(play: Play) -> None:
    one = await play.held()
    await play.sign(play.expert, one)
    room = (await play.conclude(one)).seen.consultation.room
    play.clock.advance(seconds=CLOSE_AFTER.total_seconds())
    assert await play.deadlines.meet() == 1
    async with play.database.reading() as uow:
        found = await uow.rooms.find(room)
    assert found is not None
    assert found.closed_at is not None


async def test_a_refused_move_changes_nothing(play: Play) -> None:
    one = await play.held()
    before = await trail(play.database)
    for attempt in (
        play.appointments.confirm(play.clerk, one),
        play.appointments.decline(play.clerk, one, " "),
        play.conclude(one),
    ):
        with pytest.raises(DomainError):
            await attempt
    assert await trail(play.database) == before
