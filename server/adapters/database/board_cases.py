"""Cases of boards; at most one of a board is open, by a partial unique index."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.metadata import Id, Instant, Json, NullableJson, metadata
from server.domain.board_cases import BoardCase, CaseState
from server.domain.board_figures import Discussed
from server.domain.decision_sheets import Sheet, Signature
from server.domain.quorum import Quorum

_IS_OPEN = text("state = 'open'")

board_cases = Table(
    "board_cases",
    metadata,
    Column("id", Id, primary_key=True),
    Column("board", Id, ForeignKey("boards.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("patient", Id, ForeignKey("patients.id"), nullable=False, index=True),
    Column("question", Text, nullable=False),
    Column("presenter", Id, nullable=False),
    Column("added_by", Id, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("informed_on", Date),
    Column("state", String(20), nullable=False),
    Column("opened_at", Instant),
    Column("closed_at", Instant, index=True),
    Column("sheet", Json, nullable=False),
    Column("version", Integer, nullable=False),
    Column("quorum", NullableJson),
    Column("signature", NullableJson),
    Column("represents", Id),
    Column("represented_as", Id),
    Index(None, "board", "position"),
    Index(
        "uq_board_cases_open",
        "board",
        unique=True,
        sqlite_where=_IS_OPEN,
        postgresql_where=_IS_OPEN,
    ),
)


class BoardCaseRows:
    """Cases on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add_case(self, case: BoardCase) -> None:
        """Store a new case."""
        values = _values(case) | {
            "id": case.id,
            "board": case.board,
            "patient": case.patient,
            "added_by": case.added_by,
            "added_at": case.added_at,
            "represents": case.represents,
        }
        await self._connection.execute(insert(board_cases).values(values))

    async def update_case(self, case: BoardCase) -> None:
        """Store what may change of a case."""
        mine = update(board_cases).where(board_cases.c.id == case.id)
        await self._connection.execute(mine.values(_values(case)))

    async def remove_case(self, case: str) -> None:
        """Forget a case that was never discussed."""
        await self._connection.execute(delete(board_cases).where(board_cases.c.id == case))

    async def case(self, board: str, case: str) -> BoardCase | None:
        """One case of a board."""
        query = select(board_cases).where(board_cases.c.board == board, board_cases.c.id == case)
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else case_of(row)

    async def agenda(self, board: str) -> Sequence[BoardCase]:
        """A board's cases in order."""
        query = (
            select(board_cases)
            .where(board_cases.c.board == board)
            .order_by(board_cases.c.position, board_cases.c.id)
        )
        return [case_of(row) for row in (await self._connection.execute(query)).all()]

    async def discussed(self, since: datetime, until: datetime) -> Sequence[Discussed]:
        """What the statistics know of the cases closed in between."""
        columns = board_cases.c
        query = select(columns.closed_at, columns.state, columns.sheet, columns.quorum).where(
            columns.closed_at >= since, columns.closed_at < until
        )
        return [_discussed(row) for row in (await self._connection.execute(query)).all()]


def _values(case: BoardCase) -> dict[str, Any]:
    return {
        "position": case.position,
        "question": case.question,
        "presenter": case.presenter,
        "informed_on": case.informed_on,
        "state": case.state.value,
        "opened_at": case.opened_at,
        "closed_at": case.closed_at,
        "sheet": case.sheet.to_wire(),
        "version": case.version,
        "quorum": case.quorum.to_wire() if case.quorum else None,
        "signature": case.signature.to_wire() if case.signature else None,
        "represented_as": case.represented_as,
    }


def case_of(row: Any) -> BoardCase:
    """The case of a row."""
    values = dict(row._mapping)
    quorum, signature = values["quorum"], values["signature"]
    read = {
        "state": CaseState(values["state"]),
        "sheet": Sheet.of_wire(values["sheet"]),
        "quorum": None if quorum is None else Quorum.of_wire(quorum),
        "signature": None if signature is None else Signature.of_wire(signature),
    }
    return BoardCase(**values | read)


def _discussed(row: Any) -> Discussed:
    quorum = Quorum.of_wire(row.quorum)
    sheet = Sheet.of_wire(row.sheet)
    return Discussed(
        row.closed_at, CaseState(row.state), quorum.is_met, sheet.guideline, quorum.specialties
    )
