"""The agenda of a board: cases put on it, changed, taken off, carried to another meeting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from server.domain.access import Actor
from server.domain.accounts import User
from server.domain.board_cases import (
    BoardCase,
    CaseMoved,
    CaseState,
    informed,
    question_of,
    require_space,
)
from server.domain.boards import Board
from server.domain.errors import Forbidden, Invalid
from server.domain.patients import Identity
from server.domain.timeline import EventType
from server.services.board_access import Meeting, board_of, case_of, meeting, record
from server.services.patients import identify
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database, UnitOfWork


@dataclass(frozen=True, slots=True)
class NewCase:
    """What goes on the agenda."""

    name: str
    birth_date: date
    identifier: str
    question: str
    presenter: str
    informed_on: date | None


@dataclass(frozen=True, slots=True)
class CaseChange:
    """What is to change; None stays, but `tells` says that `informed_on` is meant."""

    question: str | None = None
    presenter: str | None = None
    position: int | None = None
    informed_on: date | None = None
    tells: bool = False


class Agenda:
    """Use cases of the agenda."""

    def __init__(self, database: Database, clock: Clock, fresh: Fresh) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh

    async def add(self, actor: Actor, board_id: str, new: NewCase) -> Meeting:
        """Put a case on the agenda; whoever sits on the board may.

        Raises Invalid, Forbidden, PatientMismatch, LimitExceeded.
        """
        now = self._clock.now()
        async with self._database.transaction() as uow:
            board, by = await board_of(uow, actor, board_id, locked=True)
            _require_seat(board, by)
            board.require_presenter(new.presenter)
            today = now.date()
            identity = Identity.of(new.name, new.birth_date, new.identifier, today)
            patient = await identify(uow, identity, self._fresh)
            cases = await uow.boards.agenda(board.id)
            require_space(len(cases))
            if any(one.patient == patient.id and one.state is CaseState.WAITING for one in cases):
                raise Invalid("This patient is on the agenda already.", path="identifier")
            case = BoardCase(
                id=self._fresh.id(),
                board=board.id,
                position=_last(cases) + 1,
                patient=patient.id,
                question=question_of(new.question),
                presenter=new.presenter,
                added_by=by.id,
                added_at=now,
                informed_on=informed(new.informed_on, today),
            )
            await uow.boards.add_case(case)
            await self._tell(uow, board, EventType.BOARD_CASE_ADDED, by, case, now)
            return await meeting(uow, board, now)

    async def change(
        self, actor: Actor, board_id: str, case_id: str, change: CaseChange
    ) -> Meeting:
        """Change a line of the agenda: organisers, and its presenter. Raises CaseMoved …"""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            board, by = await board_of(uow, actor, board_id, locked=True)
            case = await case_of(uow, board, case_id)
            require_writer(board, case, by)
            if change.position is not None:
                board.require_organiser(by.id)
                case = await self._move(uow, case, change.position)
            if change.presenter is not None:
                board.require_presenter(change.presenter)
            if change.question is not None or change.presenter is not None:
                case = case.edit(question=change.question, presenter=change.presenter)
            if change.tells:
                case = case.inform(change.informed_on, now.date())
            await uow.boards.update_case(case)
            await self._tell(uow, board, EventType.BOARD_CASE_CHANGED, by, case, now)
            return await meeting(uow, board, now)

    async def remove(self, actor: Actor, board_id: str, case_id: str) -> None:
        """Take a case off before it was discussed. Raises Forbidden, CaseMoved."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            board, by = await board_of(uow, actor, board_id, locked=True)
            case = await case_of(uow, board, case_id)
            require_writer(board, case, by)
            case.require_removable()
            await uow.boards.remove_case(case.id)
            await self._tell(uow, board, EventType.BOARD_CASE_REMOVED, by, case, now)

    async def represent(self, actor: Actor, board_id: str, case_id: str, target_id: str) -> Meeting:
        """Carry a case without a formal advice to another meeting's agenda.

        Raises Forbidden unless the caller organises this one and sits on that one, CaseMoved,
        Invalid, LimitExceeded.
        """
        now = self._clock.now()
        async with self._database.transaction() as uow:
            for each in sorted({board_id, target_id}):  # one order of locks
                await board_of(uow, actor, each, locked=True)
            board, by = await board_of(uow, actor, board_id)
            board.require_organiser(by.id)
            target, _ = await board_of(uow, actor, target_id)
            _require_seat(target, by)
            if target.id == board.id or target.ends_at < now:
                raise Invalid("Choose another meeting that is yet to come.", path="board")
            case = await case_of(uow, board, case_id)
            cases = await uow.boards.agenda(target.id)
            require_space(len(cases))
            again = _taken_up(case, target, by, _last(cases) + 1, self._fresh.id(), now)
            await uow.boards.update_case(case.represent(again.id))
            await uow.boards.add_case(again)
            carried = {"to_board": target.id, "to_case": again.id}
            await self._tell(uow, board, EventType.BOARD_REPRESENTED, by, case, now, carried)
            await self._tell(uow, target, EventType.BOARD_CASE_ADDED, by, again, now)
            return await meeting(uow, board, now)

    async def _move(self, uow: UnitOfWork, case: BoardCase, position: int) -> BoardCase:
        """Put a waiting case before the one that is at `position` now, counted from 0."""
        cases = [one for one in await uow.boards.agenda(case.board) if one.id != case.id]
        if case.state is not CaseState.WAITING:
            raise CaseMoved(state=case.state.value)
        cases.insert(min(max(position, 0), len(cases)), case)
        for number, one in enumerate(cases):
            if one.id != case.id and one.position != number:
                await uow.boards.update_case(replace(one, position=number))
        return case.edit(position=next(n for n, one in enumerate(cases) if one.id == case.id))

    async def _tell(
        self,
        uow: UnitOfWork,
        board: Board,
        kind: EventType,
        by: User,
        case: BoardCase,
        now: datetime,
        more: dict[str, str] | None = None,
    ) -> None:
        data = {"board": board.id, "case": case.id, **(more or {})}
        await record(uow, board, kind, by, data, now, self._fresh)


def require_writer(board: Board, case: BoardCase, user: User) -> None:
    """Raise Forbidden unless the person organises the board or presents the case."""
    if user.id != case.presenter:
        board.require_organiser(user.id)


def _require_seat(board: Board, user: User) -> None:
    if user.id not in board.people:
        raise Forbidden(needs="participant")


def _taken_up(
    case: BoardCase, target: Board, by: User, position: int, case_id: str, now: datetime
) -> BoardCase:
    knows = target.participant(case.presenter) is not None
    return BoardCase(
        id=case_id,
        board=target.id,
        position=position,
        patient=case.patient,
        question=case.question,
        presenter=case.presenter if knows else target.coordinator,
        added_by=by.id,
        added_at=now,
        informed_on=case.informed_on,
        represents=case.id,
    )


def _last(cases: Sequence[BoardCase]) -> int:
    return max((case.position for case in cases), default=-1)
