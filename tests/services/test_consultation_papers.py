"""What consultations leave: worklists, lists, the paper, the trail."""

from __future__ import annotations

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.domain.consultations import State
from server.domain.opinions import Outcome
from server.domain.tasks import Urgency
from server.services.consultation_papers import NothingSigned, compose
from server.services.consultations import Part
from server.services.ports.clock import Fresh
from tests.services.conftest import AddUser, FakeClock, RecordingBus
from tests.services.consultation_play import Play, begin


@pytest.fixture
async def play(database: SqlDatabase, clock: FakeClock, fresh: Fresh, add_user: AddUser) -> Play:
    return await begin(database, clock, fresh, add_user)


async def test_each_finds_what_waits_for_them(play: Play, bus: RecordingBus) -> None:
    one = await play.booked()
    (task,) = await play.tasks(play.clerk)
    assert (task.kind, task.subject, task.urgency) == (
        "consultations.confirm",
        one,
        Urgency.TODAY,
    )
    assert "Rossi" not in task.title
    assert await play.kinds(play.rosa) == []
    await play.appointments.confirm(play.clerk, one)
    assert await play.kinds(play.clerk) == []
    assert await play.kinds(play.expert) == ["opinion"]
    slot = (await play.slots.agenda(play.clerk))[0]
    play.clock.advance(seconds=(slot.starts_at - play.clock.now()).total_seconds() - 60)
    assert await play.kinds(play.rosa) == ["join"]
    assert await play.kinds(play.expert) == ["join", "opinion"]
    await play.sign(play.expert, one)
    play.clock.advance(hours=2)
    assert await play.kinds(play.rosa) == ["synthesis"]
    told = {notice.person for notice in bus.named("changed") if notice.data["topic"] == "tasks"}
    assert {play.rosa.person, play.expert.person, play.clerk.person} <= told
    await play.conclude(one)
    assert await play.kinds(play.rosa) == []


async def test_lists_are_paged_and_by_part(play: Play) -> None:
    every = frozenset(State)
    ids = [await play.booked() for _ in range(3)][::-1]
    page = await play.cases.list(play.rosa, Part.REQUESTER, every, None, 2)
    assert ([one.id for one in page.items], page.next) == (ids[:2], ids[1])
    page = await play.cases.list(play.rosa, Part.REQUESTER, every, page.next, 2)
    assert ([one.id for one in page.items], page.next) == (ids[2:], None)
    for actor, part, count in (
        (play.clerk, Part.CENTRE, 3),
        (play.expert, Part.DOCTOR, 3),
        (play.rosa, Part.CENTRE, 0),
        (play.stranger, Part.REQUESTER, 0),
    ):
        assert len((await play.cases.list(actor, part, every, None, 50)).items) == count


async def test_the_paper_holds_every_opinion_and_the_disagreement(play: Play) -> None:
    one = await play.held()
    with pytest.raises(NothingSigned):
        compose(await play.cases.get(play.rosa, one), "en")
    await play.opinions.invite(play.rosa, one, play.second.person)
    await play.sign(play.expert, one)
    await play.sign(play.second, one, Outcome.NOT_ELIGIBLE)
    await play.opinions.synthesise(
        play.rosa, one, "So be it", "Second disagrees", Outcome.ELIGIBLE, final=True
    )
    seen = await play.cases.get(play.rosa, one)
    for locale, outcome in (("en", "Eligible"), ("it", "Eleggibile"), ("fr", "Éligible")):
        paper = compose(seen, locale)
        assert outcome in dict(paper.facts).values()
        assert "RSSMRA61" in dict(paper.facts).values()
        texts = [text for _, text in paper.sections]
        assert texts.count("Carbon ions.") == 2
        assert {"Chordoma", "So be it", "Second disagrees"} <= set(texts)
        assert len(paper.signatures) == 3


async def test_no_patient_in_audit_or_timeline(play: Play) -> None:
    one = await play.held()
    await play.sign(play.expert, one)
    room = (await play.conclude(one)).seen.consultation.room
    async with play.database.reading() as uow:
        entries = await uow.audit.page(0, 1000)
        events = await uow.events.after(room, 0, 500)
    for told in (str(entries), str(events)):
        assert "Rossi" not in told
        assert "Chordoma" not in told
