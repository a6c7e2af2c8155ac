"""Boards and their participants."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    Select,
    String,
    Table,
    delete,
    insert,
    or_,
    select,
    update,
)

from server.adapters.database.board_cases import BoardCaseRows, board_cases, case_of
from server.adapters.database.metadata import Id, Instant, metadata
from server.domain.board_cases import BoardCase, CaseState
from server.domain.boards import Board, Participant
from server.domain.specialties import Specialty

boards = Table(
    "boards",
    metadata,
    Column("id", Id, primary_key=True),
    Column("room", Id, ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("title", String(120), nullable=False),
    Column("starts_at", Instant, nullable=False, index=True),
    Column("ends_at", Instant, nullable=False),
    Column("duration_minutes", Integer, nullable=False),
    Column("coordinator", Id, nullable=False, index=True),
    Column("created_by", Id, nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
)

board_participants = Table(
    "board_participants",
    metadata,
    Column("board", Id, ForeignKey("boards.id", ondelete="CASCADE"), primary_key=True),
    Column("person", Id, primary_key=True, index=True),
    Column("position", Integer, nullable=False),
    Column("name", String(120), nullable=False),
    Column("qualification", String(120), nullable=False),
    Column("specialty", String(40), nullable=False),
)

_WITHOUT_FORMAL_END = (CaseState.DECIDED.value, CaseState.POSTPONED.value)


class BoardRows(BoardCaseRows):
    """Boards on one connection."""

    async def add(self, board: Board) -> None:
        """Store a new one with its participants."""
        values = _values(board) | {
            "id": board.id,
            "room": board.room,
            "created_by": board.created_by,
            "created_at": board.created_at,
        }
        await self._connection.execute(insert(boards).values(values))
        await self._seat(board)

    async def update(self, board: Board) -> None:
        """Store what may change, participants included."""
        await self._connection.execute(
            update(boards).where(boards.c.id == board.id).values(_values(board))
        )
        mine = delete(board_participants).where(board_participants.c.board == board.id)
        await self._connection.execute(mine)
        await self._seat(board)

    async def find(self, board: str) -> Board | None:
        """One board."""
        return _first(await self._boards(select(boards).where(boards.c.id == board)))

    async def of_room(self, room_id: str) -> Board | None:
        """The board that owns the room."""
        return _first(await self._boards(select(boards).where(boards.c.room == room_id)))

    async def of_person(
        self, person: str, *, since: datetime | None, until: datetime | None, limit: int
    ) -> Sequence[Board]:
        """Where the person sits or which they called, by start; past ones newest first."""
        seats = select(board_participants.c.board).where(board_participants.c.person == person)
        query = select(boards).where(or_(boards.c.id.in_(seats), boards.c.created_by == person))
        if since is not None:
            query = query.where(boards.c.ends_at >= since)
        if until is not None:
            query = query.where(boards.c.ends_at < until)
        newest = since is None
        order = boards.c.starts_at.desc() if newest else boards.c.starts_at
        return await self._boards(query.order_by(order, boards.c.id).limit(limit))

    async def states(self, ids: Collection[str]) -> dict[str, list[CaseState]]:
        """The cases' states by board, for lists."""
        found: dict[str, list[CaseState]] = {board: [] for board in ids}
        query = (
            select(board_cases.c.board, board_cases.c.state)
            .where(board_cases.c.board.in_(found))
            .order_by(board_cases.c.position)
        )
        for board, state in (await self._connection.execute(query)).all():
            found[board].append(CaseState(state))
        return found

    async def unfinished(self, coordinator: str) -> Sequence[tuple[Board, BoardCase]]:
        """Closed cases that wait for the coordinator to sign or present again."""
        theirs = select(boards.c.id).where(boards.c.coordinator == coordinator)
        query = (
            select(board_cases)
            .where(
                board_cases.c.board.in_(theirs),
                board_cases.c.state.in_(_WITHOUT_FORMAL_END),
            )
            .order_by(board_cases.c.closed_at)
        )
        cases = [case_of(row) for row in (await self._connection.execute(query)).all()]
        ids = {case.board for case in cases}
        known = await self._boards(select(boards).where(boards.c.id.in_(ids))) if ids else []
        by_id = {board.id: board for board in known}
        return [(by_id[case.board], case) for case in cases]

    async def _seat(self, board: Board) -> None:
        rows = [
            one.to_wire() | {"board": board.id, "position": position}
            for position, one in enumerate(board.participants)
        ]
        await self._connection.execute(insert(board_participants), rows)

    async def _boards(self, query: Select[Any]) -> list[Board]:
        rows = (await self._connection.execute(query)).all()
        if not rows:
            return []
        seats: dict[str, list[Participant]] = {row.id: [] for row in rows}
        seated = (
            select(board_participants)
            .where(board_participants.c.board.in_(seats))
            .order_by(board_participants.c.board, board_participants.c.position)
        )
        for row in (await self._connection.execute(seated)).all():
            specialty = Specialty(row.specialty)
            one = Participant(row.person, row.name, row.qualification, specialty)
            seats[row.board].append(one)
        return [
            Board(
                id=row.id,
                room=row.room,
                title=row.title,
                starts_at=row.starts_at,
                duration_minutes=row.duration_minutes,
                coordinator=row.coordinator,
                created_by=row.created_by,
                created_at=row.created_at,
                participants=tuple(seats[row.id]),
            )
            for row in rows
        ]


def _values(board: Board) -> dict[str, Any]:
    return {
        "title": board.title,
        "starts_at": board.starts_at,
        "ends_at": board.ends_at,
        "duration_minutes": board.duration_minutes,
        "coordinator": board.coordinator,
    }


def _first(found: Sequence[Board]) -> Board | None:
    return found[0] if found else None
