"""Stored deadlines."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from server.domain.deadlines import Deadline


class DeadlineStore(Protocol):
    """The deadlines of one transaction."""

    async def set(self, *new: Deadline) -> None:
        """Store each instead of a former one of the same kind and subject."""

    async def ensure(self, deadline: Deadline) -> None:
        """Store it unless there is one of the same kind and subject."""

    async def cancel(self, subject: str, *kinds: str) -> None:
        """Forget a subject's deadlines of these kinds, or all of them."""

    async def take(self, now: datetime, patient: Collection[str] = ()) -> Deadline | None:
        """One that is due and whose subject no other process is at work on, oldest first.

        Those of a `patient` kind come when none of another kind is due.
        The subject is held until the transaction ends; the row stays until it is forgotten.
        """
        ...

    async def take_beside(self, first: Deadline, now: datetime, limit: int) -> Sequence[Deadline]:
        """Others of the same kind that are due and never failed, oldest first, held likewise."""
        ...

    async def forget(self, *met: Deadline) -> None:
        """Remove what was done, unless its handler or somebody else set the next one."""
