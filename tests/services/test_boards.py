"""Boards on a real database: presence from the room's timeline, decisions, signatures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import Actor, Role
from server.domain.board_cases import (
    BoardCase,
    CaseMoved,
    CaseState,
    PatientNotInformed,
    QuorumMissing,
)
from server.domain.boards import CaseIsOpen
from server.domain.decision_sheets import Guideline, Sheet, SheetChanged
from server.domain.errors import Forbidden, Invalid, NotFound
from server.domain.patients import PatientMismatch
from server.domain.quorum import Presence
from server.domain.specialties import Specialty
from server.domain.timeline import EventType, Sender
from server.services import board_tasks
from server.services.board_access import Meeting
from server.services.board_agenda import Agenda, CaseChange, NewCase
from server.services.board_figures import BoardFigures
from server.services.board_session import Session
from server.services.board_sheets import Sheets
from server.services.boards import Boards, CallMeeting, MeetingChange, When
from server.services.ports.papers import Paper
from server.services.timeline import append
from tests.services.conftest import START, AddUser, FakeClock, RecordingBus, trail

SHEET = Sheet(proposal="Chemotherapy", guideline=Guideline.INSIDE, next_step="Visit")
TODAY = START.date()
SEATS = {
    "olga": Specialty.MEDICAL_ONCOLOGY,
    "carlo": Specialty.SURGERY,
    "rita": Specialty.RADIOLOGY,
    "piera": Specialty.PSYCHOLOGY,
}


class KeptPapers:
    """Keeps what was to be printed."""

    def __init__(self) -> None:
        self.papers: list[Paper] = []

    async def render(self, paper: Paper) -> bytes:
        self.papers.append(paper)
        return b"%PDF-"


@dataclass
class Table:
    """The use cases, the people around the table, and the call they are in."""

    database: SqlDatabase
    clock: FakeClock
    fresh: SystemFresh
    people: dict[str, Actor]
    papers: KeptPapers = field(default_factory=KeptPapers)

    def __post_init__(self) -> None:
        common = (self.database, self.clock, self.fresh)
        self.boards, self.agenda, self.session = Boards(*common), Agenda(*common), Session(*common)
        self.sheets = Sheets(self.database, self.papers)
        self.figures = BoardFigures(self.database, self.clock)

    async def board(self, by: str = "clara", hours: float = 1, **changes: object) -> Meeting:
        chairs = [(self.people[name].person, specialty) for name, specialty in SEATS.items()]
        wanted = {
            "title": "Thoracic board",
            "starts_at": self.clock.now() + timedelta(hours=hours),
            "duration_minutes": 60,
            "coordinator": self.people["olga"].person,
            "participants": chairs,
        }
        return await self.boards.call(self.people[by], CallMeeting(**(wanted | changes)))  # type: ignore[arg-type]

    async def case(
        self, board: Meeting, number: int = 1, by: str = "rita", told: date | None = TODAY
    ) -> str:
        new = NewCase(
            "Mario Rossi",
            date(1950, 1, number),
            f"ID{number}",
            "Surgery?",
            self.people[by].person,
            told,
        )
        after = await self.agenda.add(self.people[by], board.board.id, new)
        return after.cases[-1].id

    async def enter(self, board: Meeting, *names: str, leaving: bool = False) -> None:
        kind = EventType.CALL_LEFT if leaving else EventType.CALL_JOINED
        async with self.database.transaction() as uow:
            for name in names:
                who = self.people[name].person
                data = {"peer": f"peer-{name}", "person": who}
                now = self.clock.now()
                await append(uow, board.board.room, kind, Sender(who, name), data, now, self.fresh)

    async def open(self, board: Meeting, case: str) -> None:
        await self.session.open(self.people["olga"], board.board.id, case)
        await self.session.write(self.people["rita"], board.board.id, case, 0, SHEET)

    async def close(self, board: Meeting, case: str, *, decided: bool = True) -> BoardCase:
        olga = self.people["olga"]
        after = await self.session.close(olga, board.board.id, case, 1, decided=decided)
        return next(one for one in after.cases if one.id == case)

    async def sign(self, board: Meeting, case: str, by: str = "olga") -> BoardCase:
        after = await self.session.sign(self.people[by], board.board.id, case, 1)
        return next(one for one in after.cases if one.id == case)

    async def tasks(self, name: str) -> list[tuple[str, str]]:
        async with self.database.reading() as uow:
            user = await uow.accounts.find(self.people[name].person)
            assert user is not None
            found = await board_tasks.tasks(uow, user, self.clock.now())
        return [(task.kind, task.urgency.value) for task in found]


MakeTable = Callable[[], Awaitable[Table]]


@pytest.fixture
async def table(
    database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, add_user: AddUser
) -> Table:
    roles = {
        "olga": Role.SPECIALIST,
        "carlo": Role.SPECIALIST,
        "rita": Role.RADIOLOGIST,
        "piera": Role.PSYCHOLOGIST,
        "clara": Role.CASE_MANAGER,
        "nina": Role.NURSE,
    }
    people = {name: await add_user(name, role) for name, role in roles.items()}
    return Table(database, clock, fresh, people)


async def test_a_case_with_quorum_is_signed(table: Table, bus: RecordingBus) -> None:
    board = await table.board()
    case = await table.case(board)
    await table.enter(board, "olga", "carlo", "rita")
    await table.open(board, case)
    table.clock.advance(minutes=5)
    seen = await table.boards.get(table.people["carlo"], board.board.id)
    assert seen.live is not None
    assert seen.live.is_met
    assert (await table.close(board, case)).is_signable
    assert await table.tasks("olga") == [("boards.join", "today"), ("boards.sign", "today")]
    signed = await table.sign(board, case)
    assert signed.state is CaseState.SIGNED
    assert await table.tasks("olga") == [("boards.join", "today")]
    actions = [action for action, _ in await trail(table.database)]
    assert "board.signed" in actions
    changed = {notice.data["topic"] for notice in bus.named("changed")}
    assert changed == {"boards", "tasks"}


async def test_hazard_17_who_leaves_mid_case_makes_no_formal_advice(table: Table) -> None:
    """Three specialties begin, one leaves before the decision: nothing may be signed."""
    board = await table.board()
    case = await table.case(board)
    await table.enter(board, "olga", "carlo", "rita")
    await table.open(board, case)
    table.clock.advance(minutes=3)
    await table.enter(board, "carlo", leaving=True)
    table.clock.advance(minutes=3)
    closed = await table.close(board, case)
    assert closed.quorum is not None
    assert not closed.quorum.is_met
    with pytest.raises(QuorumMissing):
        await table.sign(board, case)
    assert await table.tasks("olga") == [("boards.join", "today"), ("boards.represent", "today")]


async def test_hazard_17_coming_back_for_the_decision_is_not_enough(table: Table) -> None:
    board = await table.board()
    case = await table.case(board)
    await table.enter(board, "olga", "carlo", "rita")
    await table.open(board, case)
    table.clock.advance(minutes=1)
    await table.enter(board, "carlo", leaving=True)
    table.clock.advance(minutes=2)
    await table.enter(board, "carlo")
    table.clock.advance(minutes=1)
    closed = await table.close(board, case)
    assert closed.quorum is not None
    there = {one.name: one.presence for one in closed.quorum.attendees}
    assert there["carlo"] is Presence.PART
    with pytest.raises(QuorumMissing):
        await table.sign(board, case)


async def test_presence_is_that_of_each_case(table: Table) -> None:
    """Who comes for the second case counts there, and not at the first."""
    board = await table.board()
    first, second = await table.case(board, 1), await table.case(board, 2)
    await table.enter(board, "olga", "rita")
    await table.open(board, first)
    with pytest.raises(CaseIsOpen):
        await table.session.open(table.people["olga"], board.board.id, second)
    table.clock.advance(minutes=5)
    await table.enter(board, "carlo")
    table.clock.advance(minutes=1)
    assert not (await table.close(board, first)).is_signable
    await table.open(board, second)
    table.clock.advance(minutes=5)
    assert (await table.close(board, second)).is_signable


async def test_a_case_without_quorum_is_presented_again(table: Table) -> None:
    board, later = await table.board(), await table.board(hours=48)
    case = await table.case(board)
    await table.enter(board, "olga", "rita")
    await table.open(board, case)
    await table.close(board, case)
    olga, here = table.people["olga"], board.board.id
    with pytest.raises(Invalid):
        await table.agenda.represent(olga, here, case, here)
    with pytest.raises(Forbidden):
        await table.agenda.represent(table.people["rita"], here, case, later.board.id)
    after = await table.agenda.represent(olga, here, case, later.board.id)
    assert after.cases[0].state is CaseState.REPRESENTED
    there = await table.boards.get(olga, later.board.id)
    assert [(one.represents, one.state) for one in there.cases] == [(case, CaseState.WAITING)]
    assert there.cases[0].id == after.cases[0].represented_as
    assert there.cases[0].informed_on == START.date()
    assert await table.tasks("olga") == [("boards.join", "today")]
    with pytest.raises(CaseMoved):
        await table.agenda.represent(olga, here, case, later.board.id)


async def test_no_decision_before_the_patient_is_informed(table: Table) -> None:
    board = await table.board()
    case = await table.case(board, told=None)
    await table.open(board, case)
    with pytest.raises(PatientNotInformed):
        await table.close(board, case)
    told = CaseChange(informed_on=START.date(), tells=True)
    await table.agenda.change(table.people["rita"], board.board.id, case, told)
    assert (await table.close(board, case)).state is CaseState.DECIDED


async def test_who_may_do_what(table: Table) -> None:
    board = await table.board()
    case = await table.case(board)
    ids = (board.board.id, case)
    people = table.people
    for stranger in ("nina",):
        with pytest.raises(NotFound):
            await table.boards.get(people[stranger], ids[0])
        with pytest.raises(Forbidden):
            await table.board(by=stranger)
    with pytest.raises(Forbidden):
        await table.session.open(people["rita"], *ids)
    await table.session.open(people["clara"], *ids)
    with pytest.raises(Forbidden):
        await table.session.write(people["carlo"], *ids, 0, SHEET)
    await table.session.write(people["rita"], *ids, 0, SHEET)
    with pytest.raises(SheetChanged):
        await table.session.write(people["clara"], *ids, 0, SHEET)
    await table.session.close(people["clara"], *ids, 1, decided=True)
    with pytest.raises(Forbidden):
        await table.session.sign(people["clara"], *ids, 1)
    with pytest.raises(NotFound):
        await table.session.sign(people["olga"], ids[0], "nothing", 1)


async def test_the_agenda_is_put_in_order_and_shortened(table: Table) -> None:
    board = await table.board()
    cases = [await table.case(board, number) for number in (1, 2, 3)]
    clara, here = table.people["clara"], board.board.id
    after = await table.agenda.change(clara, here, cases[2], CaseChange(position=0))
    assert [one.id for one in after.cases] == [cases[2], cases[0], cases[1]]
    with pytest.raises(Forbidden):
        await table.agenda.change(table.people["rita"], here, cases[2], CaseChange(position=1))
    await table.agenda.remove(clara, here, cases[0])
    left = (await table.boards.get(clara, here)).cases
    assert [one.id for one in left] == [cases[2], cases[1]]
    with pytest.raises(Invalid, match="agenda already"):
        await table.case(board, 2)
    wrong = NewCase("X", date(1951, 1, 1), "ID2", "?", table.people["rita"].person, None)
    with pytest.raises(PatientMismatch):
        await table.agenda.add(table.people["rita"], here, wrong)


async def test_a_meeting_is_moved_and_its_chairs_change(table: Table) -> None:
    board = await table.board()
    people, here = table.people, board.board.id
    chairs = [(people["olga"].person, Specialty.SURGERY)]
    with pytest.raises(Forbidden):
        await table.boards.change(people["rita"], here, MeetingChange(title="Mine"))
    later = START + timedelta(hours=5)
    after = await table.boards.change(people["olga"], here, MeetingChange("New", later, 30, chairs))
    assert (after.board.title, after.board.starts_at) == ("New", later)
    with pytest.raises(NotFound):
        await table.boards.get(people["rita"], here)
    async with table.database.reading() as uow:
        room = await uow.rooms.find(board.board.room)
    assert room is not None
    assert (room.title, room.scheduled_at, room.duration_minutes) == ("New", later, 30)
    case = await table.case(after, by="olga")
    await table.session.open(people["olga"], here, case)
    with pytest.raises(CaseIsOpen):
        await table.boards.change(people["olga"], here, MeetingChange(participants=chairs))


async def test_meetings_are_found(table: Table) -> None:
    board = await table.board()
    soon = await table.board(hours=0.1)
    carlo = table.people["carlo"]
    mine = await table.boards.mine(carlo, When.UPCOMING)
    assert [line.board.id for line in mine] == [soon.board.id, board.board.id]
    assert await table.tasks("carlo") == [("boards.join", "now"), ("boards.join", "today")]
    table.clock.advance(hours=1.5)
    past = await table.boards.mine(carlo, When.PAST)
    assert [line.board.id for line in past] == [soon.board.id]
    found = await table.boards.of_room(carlo, board.board.room)
    assert [line.board.id for line in found] == [board.board.id]
    with pytest.raises(NotFound):
        await table.boards.of_room(table.people["nina"], board.board.room)


async def test_figures_and_paper(table: Table) -> None:
    board = await table.board()
    case = await table.case(board)
    await table.enter(board, "olga", "carlo", "rita")
    await table.open(board, case)
    table.clock.advance(minutes=5)
    await table.close(board, case)
    await table.sheets.paper(table.people["rita"], board.board.id, case, "fr")
    await table.sign(board, case)
    await table.sheets.paper(table.people["rita"], board.board.id, case, "it")
    draft, final = table.papers.papers
    assert "Non signé" in draft.notes[0]
    assert not draft.signatures
    assert "Mario Rossi" in [value for _, value in final.facts]
    assert any("Raggiunto (3/3)" in text for _, text in final.sections)
    assert final.signatures[0].startswith("Firmato da olga")
    months = await table.figures.months(table.people["clara"], 2)
    assert [(one.cases, one.signed, one.quorum_rate) for one in months] == [
        (0, 0, None),
        (1, 1, 1.0),
    ]
    text = await table.figures.csv(table.people["clara"], 1)
    lines = text.splitlines()
    assert lines[0].startswith("month,cases,quorum_met,quorum_rate")
    assert lines[1].startswith("2026-11,1,1,1.000,3.000,1,0,0")
    with pytest.raises(Forbidden):
        await table.figures.months(table.people["nina"], 1)
