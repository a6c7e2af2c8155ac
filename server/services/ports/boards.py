"""Stored boards and their cases."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from server.domain.board_cases import BoardCase, CaseState
from server.domain.board_figures import Discussed
from server.domain.boards import Board


class BoardStore(Protocol):
    """The boards of one transaction."""

    async def add(self, board: Board) -> None:
        """Store a new one with its participants."""

    async def update(self, board: Board) -> None:
        """Store what may change, participants included."""

    async def find(self, board: str) -> Board | None:
        """One board."""
        ...

    async def of_room(self, room_id: str) -> Board | None:
        """The board that owns the room."""
        ...

    async def of_person(
        self, person: str, *, since: datetime | None, until: datetime | None, limit: int
    ) -> Sequence[Board]:
        """Where the person sits or which they called, by start; `since` looks at the end."""
        ...

    async def add_case(self, case: BoardCase) -> None:
        """Store a new case."""

    async def update_case(self, case: BoardCase) -> None:
        """Store what may change of a case."""

    async def remove_case(self, case: str) -> None:
        """Forget a case that was never discussed."""

    async def case(self, board: str, case: str) -> BoardCase | None:
        """One case of a board."""
        ...

    async def agenda(self, board: str) -> Sequence[BoardCase]:
        """A board's cases in order."""
        ...

    async def states(self, boards: Collection[str]) -> dict[str, list[CaseState]]:
        """The cases' states by board, for lists."""
        ...

    async def unfinished(self, coordinator: str) -> Sequence[tuple[Board, BoardCase]]:
        """Closed cases that wait for the coordinator to sign or present again."""
        ...

    async def discussed(self, since: datetime, until: datetime) -> Sequence[Discussed]:
        """What the statistics know of the cases closed in between."""
        ...
