"""Stored rooms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from server.domain.memberships import Membership
from server.domain.rooms import Room, RoomKind, RoomState


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the list of rooms, newest activity first."""

    active_at: datetime
    room: str


class RoomStore(Protocol):
    """The rooms of one transaction."""

    async def add(self, room: Room) -> None:
        """Store a new one."""

    async def find(self, room_id: str) -> Room | None:
        """One room."""
        ...

    async def lock(self, room_id: str) -> Room | None:
        """One room that nobody else changes or appends to until this transaction ends."""
        ...

    async def update(self, room: Room) -> None:
        """Store what may change (not the sequence)."""

    async def next_seqs(self, counts: Mapping[str, int], now: datetime) -> Mapping[str, int]:
        """Number so many events of each room, which is active now; answers the last numbers.

        Raises NotFound.
        """
        ...

    async def of_person(
        self,
        person: str,
        state: RoomState | None,
        after: Position | None,
        limit: int,
        kind: RoomKind | None = None,
    ) -> Sequence[tuple[Room, Membership]]:
        """Rooms in which the person is active or waits, newest activity first."""
        ...
