"""The only way to a board: through its room, as somebody with an account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.domain.access import Actor, Role
from server.domain.accounts import User
from server.domain.board_cases import BoardCase, CaseState
from server.domain.boards import Board
from server.domain.errors import NotFound
from server.domain.patients import Patient
from server.domain.quorum import Quorum, quorum, stays
from server.domain.texts import is_storable
from server.domain.timeline import EventType, Sender
from server.services.access import access
from server.services.changes import tell_changed
from server.services.ports.clock import Fresh
from server.services.ports.unit_of_work import UnitOfWork
from server.services.qualifications import account_of
from server.services.timeline import append

CALLERS = (Role.SPECIALIST, Role.RADIOLOGIST, Role.CASE_MANAGER, Role.BOOKING_CLERK)
"""Who may call a meeting: physicians and their secretaries."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """A board as its people see it; `live` is the open case's quorum as if decided now."""

    board: Board
    cases: Sequence[BoardCase]
    patients: Mapping[str, Patient]
    present: Sequence[str]
    live: Quorum | None = None

    def to_wire(self) -> dict[str, Any]:
        """*Board* of docs/protocol.md."""
        cases = [
            case.to_wire() | {"patient": self.patients[case.patient].to_wire()}
            for case in self.cases
        ]
        return self.board.to_wire() | {
            "cases": cases,
            "present": list(self.present),
            "live": self.live.to_wire() if self.live else None,
        }


async def board_of(
    uow: UnitOfWork, actor: Actor, board_id: str, *, locked: bool = False
) -> tuple[Board, User]:
    """A board that the caller may see, its room locked if asked. Raises NotFound, Forbidden."""
    user = await account_of(uow, actor)
    board = await uow.boards.find(board_id) if is_storable(board_id) else None
    if board is None:
        raise NotFound
    await access(uow, actor, board.room, even_closed=True, locked=locked)
    if locked:  # what was read before the lock may be old
        board = await uow.boards.find(board_id) or board
    return board, user


async def case_of(uow: UnitOfWork, board: Board, case_id: str) -> BoardCase:
    """A case of the board. Raises NotFound."""
    case = await uow.boards.case(board.id, case_id) if is_storable(case_id) else None
    if case is None:
        raise NotFound
    return case


async def quorum_of(uow: UnitOfWork, board: Board, opened: datetime, until: datetime) -> Quorum:
    """Who was in the call from the opening of a case until now, by the room's timeline."""
    kinds = (EventType.CALL_JOINED, EventType.CALL_LEFT)
    events = await uow.events.of_types(board.room, kinds)
    return quorum(board.participants, stays(events), opened, until)


async def meeting(uow: UnitOfWork, board: Board, now: datetime) -> Meeting:
    """The board in full, in a fixed number of queries."""
    cases = await uow.boards.agenda(board.id)
    patients = await uow.patients.named({case.patient for case in cases})
    peers = await uow.presences.of_room(board.room)
    present = sorted({peer.person for peer in peers if peer.in_call})
    under_way = next((case for case in cases if case.state is CaseState.OPEN), None)
    live = None
    if under_way is not None and under_way.opened_at is not None:
        live = await quorum_of(uow, board, under_way.opened_at, now)
    return Meeting(board, cases, patients, present, live)


async def record(
    uow: UnitOfWork,
    board: Board,
    kind: EventType,
    by: User,
    data: Mapping[str, Any],
    now: datetime,
    fresh: Fresh,
) -> None:
    """Tell the room, the audit and the people what happened, ids only."""
    sender = Sender(by.id, by.name)
    await append(uow, board.room, kind, sender, data, now, fresh)
    await uow.audit.record(now, by.id, kind.value, board.id, dict(data))
    tell_changed(uow, "boards", board.id, board.people)
    tell_changed(uow, "tasks", board.id, board.people)
