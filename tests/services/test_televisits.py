"""Televisits as use cases: whose they are, what their links and their end bring with them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import Actor, Role
from server.domain.errors import Forbidden, Invalid, NotFound
from server.domain.invitations import LinkInvalid
from server.domain.reports import Report, ReportKind
from server.domain.televisit_records import Guest, Manner, Measured, Quality, Verdict
from server.domain.televisits import State
from server.services.deadlines import Deadlines
from server.services.invitations import Invitations
from server.services.quality_record import QualityRecord
from server.services.report_papers import compose
from server.services.room_tokens import RoomTokens
from server.services.televisit_links import TelevisitLinks
from server.services.televisit_moves import CLOSE, CLOSE_AFTER, LAPSE, LAPSE_AFTER, arrived
from server.services.televisit_tasks import tasks
from server.services.televisits import Schedule, Televisits
from server.services.tokens import Tokens
from tests.services.conftest import START, AddUser, FakeClock, RecordingBus, trail
from tests.services.rooms_cast import CountingLimits

SOON = START + timedelta(minutes=30)
TOLD = Schedule("Mario Rossi", date(1961, 4, 2), "RSSMRA61", SOON, 30, "Follow-up")


class Practice:
    """A psychologist, and everything that televisits need."""

    def __init__(
        self, database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, tokens: Tokens
    ) -> None:
        self.database, self.clock = database, clock
        room_tokens = RoomTokens(database, clock, tokens)
        limits = CountingLimits()
        url = "https://rooms.example"
        self.invitations = Invitations(database, clock, fresh, room_tokens, limits, url, (arrived,))
        self.record = QualityRecord(database, clock, fresh)
        self.televisits = Televisits(database, clock, fresh, self.record)
        self.links = TelevisitLinks(database, clock, fresh, self.invitations)
        handlers = {LAPSE: self.televisits.lapse, CLOSE: self.televisits.close}
        self.deadlines = Deadlines(database, clock, handlers)

    async def come(self, clinician: Actor, televisit: str) -> Any:
        """The patient comes by a new link."""
        made = await self.links.create(clinician, televisit, Guest.PATIENT, None)
        code = made.link.partition("#")[2]
        return await self.invitations.redeem(code, None, "192.0.2.1")

    async def kinds(self, person: str) -> list[str]:
        """The person's tasks."""
        async with self.database.reading() as uow:
            user = await uow.accounts.find(person)
            assert user is not None
            return [one.kind for one in await tasks(uow, user, self.clock.now())]


@pytest.fixture
def practice(
    database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, tokens: Tokens
) -> Practice:
    return Practice(database, clock, fresh, tokens)


@pytest.fixture
async def piera(add_user: AddUser) -> Actor:
    return await add_user("Piera", Role.PSYCHOLOGIST)


async def test_only_clinicians_schedule_and_only_theirs_is_seen(
    practice: Practice, piera: Actor, add_user: AddUser
) -> None:
    ada = await add_user("Ada", Role.ADMINISTRATOR)
    nina = await add_user("Nina", Role.NURSE)
    with pytest.raises(Forbidden):
        await practice.televisits.schedule(ada, TOLD)
    made = await practice.televisits.schedule(piera, TOLD)
    one = made.seen.televisit
    for stranger in (ada, nina):
        with pytest.raises(NotFound):
            await practice.televisits.get(stranger, one.id)
        with pytest.raises(NotFound):
            await practice.televisits.of_room(stranger, one.room)
    agenda = await practice.televisits.agenda(piera, START, START + timedelta(days=1))
    assert [each.id for each in agenda.items] == [one.id]
    other = await practice.televisits.agenda(nina, START, START + timedelta(days=1))
    assert other.items == []
    with pytest.raises(Invalid):
        await practice.televisits.agenda(piera, START, START + timedelta(days=63))


async def test_an_arrival_is_told_at_once(
    practice: Practice, piera: Actor, bus: RecordingBus
) -> None:
    one = (await practice.televisits.schedule(piera, TOLD)).seen.televisit
    assert await practice.kinds(piera.person) == ["televisits.next"]
    bus.notices.clear()
    await practice.come(piera, one.id)
    told = [note.data for note in bus.named("changed") if note.person == piera.person]
    assert {"topic": "televisits", "subject": one.id} in told
    assert await practice.kinds(piera.person) == ["televisits.waiting"]


async def test_hazard_11_a_newer_link_ends_the_former_and_its_guest(
    practice: Practice, piera: Actor
) -> None:
    one = (await practice.televisits.schedule(piera, TOLD)).seen.televisit
    arrival = await practice.come(piera, one.id)
    await practice.links.create(piera, one.id, Guest.CAREGIVER, "Carla")
    back = await practice.invitations.resume(arrival.resume, "192.0.2.1")
    assert back.token.person == arrival.token.person
    await practice.links.create(piera, one.id, Guest.PATIENT, None)
    with pytest.raises(LinkInvalid):
        await practice.invitations.resume(arrival.resume, "192.0.2.1")


async def test_the_room_ends_some_time_after_the_visit(
    practice: Practice, piera: Actor, database: SqlDatabase
) -> None:
    one = (await practice.televisits.schedule(piera, TOLD)).seen.televisit
    arrival = await practice.come(piera, one.id)
    await practice.televisits.identify(piera, one.id, document_seen=False)
    await practice.televisits.consent(
        piera, one.id, given=True, by=Guest.PATIENT, how=Manner.SPOKEN
    )
    await practice.televisits.begin(piera, one.id)
    link = {"score": 4.0, "loss_up": 0.02, "loss_down": 0.0, "rtt_ms": 30.0, "kbps_up": 300.0}
    practice.record.enter(one.room, "phone", arrival.token.person, None)
    practice.record.enter(one.room, "desk", piera.person, None)
    practice.record.hear("phone", link)
    practice.record.hear("desk", link | {"score": 1.0})
    practice.clock.advance(minutes=1)
    await practice.record.flush()
    practice.record.hear("phone", link | {"score": 3.0})
    sight = await practice.televisits.conclude(piera, one.id, Verdict(Quality.GOOD, suitable=True))
    assert sight.seen.televisit.verdict.measured == Measured(3.5, 30.0, 0.02)
    assert await practice.kinds(piera.person) == ["televisits.report"]
    await practice.deadlines.meet()
    await practice.invitations.resume(arrival.resume, "192.0.2.1")
    practice.clock.advance(seconds=CLOSE_AFTER.total_seconds())
    await practice.deadlines.meet()
    async with database.reading() as uow:
        room = await uow.rooms.find(one.room)
    assert room is not None
    assert room.closed_at is not None
    assert "Rossi" not in str(await trail(database))


async def test_nobody_came_and_nobody_said_so(practice: Practice, piera: Actor) -> None:
    one = (await practice.televisits.schedule(piera, TOLD)).seen.televisit
    practice.clock.advance(seconds=(one.ends_at + LAPSE_AFTER - START).total_seconds())
    await practice.deadlines.meet()
    sight = await practice.televisits.get(piera, one.id)
    assert sight.seen.televisit.state is State.NOT_ATTENDED
    assert await practice.kinds(piera.person) == []


@pytest.mark.parametrize(
    ("measured", "told"),
    [
        (Measured(3.5, 30.4, 0.021), "buono (misurato dal server: 3,5 su 5, 30 ms, 2,1 % di"),
        (None, "buono (non misurato)"),
    ],
)
def test_the_paper_tells_what_the_link_was_like(measured: Measured | None, told: str) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    report = Report(
        id="r",
        room="room",
        kind=ReportKind.TELEVISIT,
        subject="visit",
        patient=None,
        title="M. R.",
        author="piera",
        author_name="Piera",
        created_at=at,
        changed_at=at,
    )
    said = Verdict(Quality.GOOD, suitable=True, measured=measured)
    facts = dict(compose(report, None, "it", said).facts)
    assert facts["Collegamento del paziente"].startswith(told)
    assert "Collegamento del paziente" not in dict(compose(report, None, "it").facts)
