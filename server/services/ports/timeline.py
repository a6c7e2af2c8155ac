"""Stored events."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from server.domain.timeline import Event, EventType


class EventStore(Protocol):
    """The events of one transaction."""

    async def add(self, *new: Event) -> None:
        """Store some under their numbers."""

    async def by_client_id(self, room_id: str, sender: str, client_id: str) -> Event | None:
        """What this sender already sent under this id."""
        ...

    async def after(self, room_id: str, seq: int, limit: int) -> Sequence[Event]:
        """Later events in order."""
        ...

    async def of_types(self, room_id: str, types: Collection[EventType]) -> Sequence[Event]:
        """A room's events of some types, in order."""
        ...

    async def erase_text(self, room_id: str, message: int) -> None:
        """Blank the text of a posted message and of its edits."""
