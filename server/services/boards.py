"""Calling, moving and finding meetings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from server.domain.access import Actor, RoomRole
from server.domain.accounts import Status, User
from server.domain.board_cases import CaseState
from server.domain.boards import PARTICIPANTS_LIMIT, Board, CaseIsOpen, Participant
from server.domain.errors import Invalid, LimitExceeded, NotFound
from server.domain.rooms import RoomKind
from server.domain.specialties import Specialty
from server.domain.texts import is_storable
from server.domain.timeline import EventType, Sender
from server.services.access import access
from server.services.board_access import CALLERS, Meeting, board_of, meeting, record
from server.services.case_rooms import Seat, open_room, seat, unseat
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import account_of, qualified
from server.services.timeline import append

LIST_LIMIT = 100

Chair = tuple[str, Specialty]
"""Somebody who is to sit on a board, and as what."""


class When(StrEnum):
    """Which meetings."""

    UPCOMING = "upcoming"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class CallMeeting:
    """What a new board is to be."""

    title: str
    starts_at: datetime
    duration_minutes: int
    coordinator: str
    participants: Sequence[Chair]


@dataclass(frozen=True, slots=True)
class MeetingChange:
    """What is to change; None stays."""

    title: str | None = None
    starts_at: datetime | None = None
    duration_minutes: int | None = None
    participants: Sequence[Chair] | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A board in a list, with its cases' states."""

    board: Board
    states: Sequence[CaseState]

    def to_wire(self) -> dict[str, Any]:
        """*BoardLine* of docs/protocol.md."""
        return self.board.to_wire() | {"cases": [state.value for state in self.states]}


class Boards:
    """Use cases of meetings."""

    def __init__(self, database: Database, clock: Clock, fresh: Fresh) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh

    async def call(self, actor: Actor, wanted: CallMeeting) -> Meeting:
        """Call a meeting and open its room. Raises Forbidden, Invalid, NotFound, LimitExceeded."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            by = await qualified(uow, actor, *CALLERS)
            participants = await _participants(uow, wanted.participants)
            board_id = self._fresh.id()
            board = Board.create(
                board_id,
                "",
                by.id,
                now,
                title=wanted.title,
                starts_at=wanted.starts_at,
                duration_minutes=wanted.duration_minutes,
                coordinator=wanted.coordinator,
                participants=participants,
            )
            room = await open_room(
                uow,
                RoomKind.BOARD,
                board.title,
                by,
                _seats(board, by),
                now,
                self._fresh,
                scheduled_at=board.starts_at,
                duration_minutes=board.duration_minutes,
                lobby=True,
            )
            board = board.in_room(room.id)
            await uow.boards.add(board)
            data = {"board": board.id}
            await record(uow, board, EventType.BOARD_CHANGED, by, data, now, self._fresh)
            return await meeting(uow, board, now)

    async def change(self, actor: Actor, board_id: str, change: MeetingChange) -> Meeting:
        """Move it or change who sits on it. Raises Forbidden, Invalid, CaseIsOpen."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            board, by = await board_of(uow, actor, board_id, locked=True)
            board.require_organiser(by.id)
            people = None
            if change.participants is not None:
                await self._require_no_open_case(uow, board)
                people = await _participants(uow, change.participants)
            changed = board.change(
                title=change.title,
                starts_at=change.starts_at,
                duration_minutes=change.duration_minutes,
                participants=people,
            )
            if changed != board:
                await self._store(uow, board, changed, by, now)
            return await meeting(uow, changed, now)

    async def get(self, actor: Actor, board_id: str) -> Meeting:
        """One board in full. Raises NotFound."""
        async with self._database.reading() as uow:
            board, _ = await board_of(uow, actor, board_id)
            return await meeting(uow, board, self._clock.now())

    async def of_room(self, actor: Actor, room_id: str) -> list[Line]:
        """The board that owns a room, if one does. Raises NotFound for strangers."""
        async with self._database.reading() as uow:
            await account_of(uow, actor)
            await access(uow, actor, room_id, even_closed=True)
            board = await uow.boards.of_room(room_id)
            return await self._lines(uow, [] if board is None else [board])

    async def mine(self, actor: Actor, when: When) -> list[Line]:
        """Where the caller sits: the next ones first, or the last ones first."""
        now = self._clock.now()
        async with self._database.reading() as uow:
            user = await account_of(uow, actor)
            upcoming = when is When.UPCOMING
            found = await uow.boards.of_person(
                user.id,
                since=now if upcoming else None,
                until=None if upcoming else now,
                limit=LIST_LIMIT,
            )
            return await self._lines(uow, found)

    async def _lines(self, uow: UnitOfWork, boards: Sequence[Board]) -> list[Line]:
        states = await uow.boards.states([board.id for board in boards])
        return [Line(board, states[board.id]) for board in boards]

    async def _store(
        self, uow: UnitOfWork, before: Board, after: Board, by: User, now: datetime
    ) -> None:
        await uow.boards.update(after)
        sender = Sender(by.id, by.name)
        for person, name, role in _seats(after, by):
            await seat(uow, after.room, person, name, role, sender, now, self._fresh)
        for person in set(before.people) - set(after.people):
            await unseat(uow, after.room, person, sender, now, self._fresh)
        if (before.title, before.starts_at, before.duration_minutes) != (
            after.title,
            after.starts_at,
            after.duration_minutes,
        ):
            await self._move_room(uow, after, sender, now)
        data = {"board": after.id}
        await record(uow, after, EventType.BOARD_CHANGED, by, data, now, self._fresh)

    async def _move_room(
        self, uow: UnitOfWork, board: Board, sender: Sender, now: datetime
    ) -> None:
        room = await uow.rooms.find(board.room)
        if room is None or room.closed_at is not None:
            return
        moved = room.change(
            {
                "title": board.title,
                "scheduled_at": board.starts_at,
                "duration_minutes": board.duration_minutes,
            }
        )
        await uow.rooms.update(moved)
        kind = EventType.ROOM_CHANGED
        await append(uow, room.id, kind, sender, moved.describe(), now, self._fresh)

    async def _require_no_open_case(self, uow: UnitOfWork, board: Board) -> None:
        cases = await uow.boards.agenda(board.id)
        if any(case.state is CaseState.OPEN for case in cases):
            raise CaseIsOpen


async def _participants(uow: UnitOfWork, chairs: Sequence[Chair]) -> tuple[Participant, ...]:
    """Active people with the names and qualifications of now. Raises NotFound, LimitExceeded."""
    if len(chairs) > PARTICIPANTS_LIMIT:
        raise LimitExceeded(limit="participants")
    ids = [person for person, _ in chairs]
    if not all(map(is_storable, ids)):
        raise NotFound("There is no such person.")
    known = await uow.accounts.named(set(ids))
    found = []
    for person, specialty in chairs:
        user = known.get(person)
        if user is None or user.status is not Status.ACTIVE:
            raise Invalid("There is no such person.", path="participants")
        found.append(Participant(user.id, user.name, user.profession, specialty))
    return tuple(found)


def _seats(board: Board, by: User) -> list[Seat]:
    seats: list[Seat] = [
        (
            one.person,
            one.name,
            RoomRole.HOST if board.is_organiser(one.person) else RoomRole.MEMBER,
        )
        for one in board.participants
    ]
    if board.participant(board.created_by) is None and by.id == board.created_by:
        seats.append((by.id, by.name, RoomRole.HOST))
    return seats
