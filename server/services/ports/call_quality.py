"""Where the quality record is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from server.domain.call_quality import CallSummary, LinkPath, Minute, PathShare


@dataclass(frozen=True, slots=True)
class Worst:
    """A place in the list of calls, worst first."""

    score: float
    call: str


@dataclass(frozen=True, slots=True)
class CallSpan:
    """When a call of a room was."""

    call: str
    begun_at: datetime
    ended_at: datetime


class CallQualityStore(Protocol):
    """Minutes of links; a fixed number of queries."""

    async def add(self, minutes: Sequence[Minute]) -> None:
        """Store some at once; those that are stored already stay."""

    async def of_call(self, call: str, limit: int, person: str | None = None) -> Sequence[Minute]:
        """The newest of a call, of everybody or one person, oldest first."""
        ...

    async def calls(self, room_id: str, limit: int) -> Sequence[CallSpan]:
        """Calls of a room, newest first."""
        ...

    async def of_guests(self, room_id: str, since: datetime) -> Sequence[Minute]:
        """Minutes of people without an account in a room."""
        ...

    async def worst(
        self,
        since: datetime,
        limit: int,
        *,
        site: str | None,
        path: LinkPath | None,
        after: Worst | None,
    ) -> Sequence[CallSummary]:
        """Calls with the lowest mean score first; of those links only, if told."""
        ...

    async def shares(self, since: datetime) -> Sequence[PathShare]:
        """By site and path."""
        ...

    async def purge(self, before: datetime) -> int:
        """Delete what is older; answers how many."""
        ...
