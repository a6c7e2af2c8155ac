"""A board in session: cases opened, written, decided and signed, with who was there for each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from server.domain.access import Actor
from server.domain.accounts import User
from server.domain.board_cases import BoardCase, CaseMoved, CaseState
from server.domain.boards import Board, CaseIsOpen
from server.domain.decision_sheets import Sheet
from server.domain.errors import Forbidden
from server.domain.timeline import EventType
from server.services.board_access import Meeting, board_of, case_of, meeting, quorum_of, record
from server.services.board_agenda import require_writer
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database, UnitOfWork


class Session:
    """Use cases during and after the call."""

    def __init__(self, database: Database, clock: Clock, fresh: Fresh) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh

    async def open(self, actor: Actor, board_id: str, case_id: str) -> Meeting:
        """Begin a case; presence counts from now. Raises Forbidden, CaseIsOpen, CaseMoved."""
        async with self._database.transaction() as uow:
            board, by = await board_of(uow, actor, board_id, locked=True)
            now = self._clock.now()  # after the lock: no call event can still get an earlier time
            board.require_organiser(by.id)
            case = await case_of(uow, board, case_id)
            if any(one.state is CaseState.OPEN for one in await uow.boards.agenda(board.id)):
                raise CaseIsOpen
            return await self._store(
                uow, board, EventType.BOARD_CASE_OPENED, by, case.open(now), now
            )

    async def write(
        self, actor: Actor, board_id: str, case_id: str, version: int, sheet: Sheet
    ) -> Meeting:
        """Write the open case's sheet; everybody sees it. Raises SheetChanged, CaseMoved."""
        async with self._database.transaction() as uow:
            board, by = await board_of(uow, actor, board_id, locked=True)
            now = self._clock.now()
            case = await case_of(uow, board, case_id)
            require_writer(board, case, by)
            written = case.write(version, sheet)
            more = {"version": written.version}
            kind = EventType.BOARD_SHEET_CHANGED
            return await self._store(uow, board, kind, by, written, now, more)

    async def close(
        self, actor: Actor, board_id: str, case_id: str, version: int, *, decided: bool
    ) -> Meeting:
        """End a case, with the sheet's decision or without; who was there is settled here.

        Raises Forbidden, CaseMoved, SheetChanged, PatientNotInformed, SheetIncomplete.
        """
        async with self._database.transaction() as uow:
            board, by = await board_of(uow, actor, board_id, locked=True)
            now = self._clock.now()
            board.require_organiser(by.id)
            case = await case_of(uow, board, case_id)
            if case.opened_at is None:
                raise CaseMoved(state=case.state.value)
            there = await quorum_of(uow, board, case.opened_at, now)
            closed = case.decide(version, there, now) if decided else case.postpone(there, now)
            more = {
                "decided": decided,
                "quorum": there.is_met,
                "specialties": [one.value for one in there.specialties],
            }
            kind = EventType.BOARD_CASE_CLOSED
            return await self._store(uow, board, kind, by, closed, now, more)

    async def sign(self, actor: Actor, board_id: str, case_id: str, version: int) -> Meeting:
        """Sign the sheet as the coordinator. Raises Forbidden, QuorumMissing, SheetChanged …"""
        async with self._database.transaction() as uow:
            board, by = await board_of(uow, actor, board_id, locked=True)
            now = self._clock.now()
            board.require_coordinator(by.id)
            coordinator = board.participant(by.id)
            if coordinator is None:
                raise Forbidden(needs="coordinator")
            case = (await case_of(uow, board, case_id)).sign(version, coordinator, now)
            more = {"sha256": case.signature.sha256} if case.signature else {}
            return await self._store(uow, board, EventType.BOARD_SIGNED, by, case, now, more)

    async def _store(
        self,
        uow: UnitOfWork,
        board: Board,
        kind: EventType,
        by: User,
        case: BoardCase,
        now: datetime,
        more: dict[str, Any] | None = None,
    ) -> Meeting:
        await uow.boards.update_case(case)
        data = {"board": board.id, "case": case.id, **(more or {})}
        await record(uow, board, kind, by, data, now, self._fresh)
        return await meeting(uow, board, now)
