"""Stored peers, and the leases by which processes prove that theirs are alive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from server.domain.presence import Peer


class PresenceStore(Protocol):
    """The peers of one transaction."""

    async def add(self, peer: Peer) -> None:
        """Store a new one."""

    async def find(self, room_id: str, peer_id: str) -> Peer | None:
        """One peer of a room."""
        ...

    async def update(self, peer: Peer) -> None:
        """Store what may change."""

    async def of_room(self, room_id: str) -> Sequence[Peer]:
        """Everybody present, oldest first."""
        ...

    async def people(self, room_ids: Sequence[str]) -> Mapping[str, int]:
        """How many persons are present per room; empty rooms are absent."""
        ...

    async def among(self, peer_ids: Sequence[str]) -> frozenset[str]:
        """Which of these peers still are."""
        ...

    async def remove(self, peer_ids: Sequence[str]) -> Sequence[Peer]:
        """Delete; answers those that still were, oldest first."""
        ...

    async def of_node(self, node: str) -> Sequence[Peer]:
        """Everybody of one process."""
        ...

    async def abandoned(self, now: datetime) -> Sequence[Peer]:
        """Everybody whose process has no live lease."""
        ...

    async def renew(self, node: str, now: datetime, expires_at: datetime) -> bool:
        """Extend the process's lease; False when it had none alive at `now`."""
        ...

    async def is_alive(self, node: str, now: datetime) -> bool:
        """Whether the process has a live lease."""
        ...

    async def release(self, node: str) -> None:
        """End the process's lease."""
