"""What the guard's auditor asks the database, over all requests at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from server.domain.guard import State


class GuardAuditStore(Protocol):
    """Set-wide questions of one transaction."""

    async def without_next(
        self, states: Collection[State], kind: str, latest: Mapping[str, datetime], limit: int
    ) -> Sequence[str]:
        """Requests without a deadline of this kind that is due by their service's latest."""
        ...

    async def clamp(self, kind: str, latest: datetime) -> int:
        """Bring deadlines of this kind that are further away to an instant; answers how many."""
        ...

    async def overdue(self, before: datetime) -> int:
        """How many deadlines of every kind should have been met by then."""
        ...

    async def unattended(self, kind: str, now: datetime) -> Sequence[str]:
        """Requests owed a report whose acceptor has no page open and is in no room.

        Those with a deadline of this kind are known and left out.
        """
        ...

    async def is_attended(self, person: str, now: datetime) -> bool:
        """Whether a page of somebody's is open, or a device of theirs is in a room."""
        ...
