"""Stored messages as they stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from server.domain.chat import Message


class MessageStore(Protocol):
    """The messages of one transaction."""

    async def add(self, message: Message) -> None:
        """Store a new one."""

    async def find(self, room_id: str, seq: int) -> Message | None:
        """One message, deleted or not."""
        ...

    async def update(self, message: Message) -> None:
        """Store what an edit or a deletion changed."""

    async def last(self, room_id: str, limit: int) -> Sequence[Message]:
        """The latest, oldest first."""
        ...
