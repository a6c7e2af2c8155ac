"""Stored deadlines."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from server.domain.deadlines import Deadline


class DeadlineStore(Protocol):
    """The deadlines of one transaction."""

    async def set(self, deadline: Deadline) -> None:
        """Store it instead of a former one of the same kind and subject."""

    async def cancel(self, subject: str, *kinds: str) -> None:
        """Forget a subject's deadlines of these kinds, or all of them."""

    async def take(self, now: datetime) -> Deadline | None:
        """Remove and answer one that is due and that no other process holds, oldest first."""
        ...
