"""Stored memberships, receipts included."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from server.domain.memberships import Membership
from server.domain.timeline import Receipt


class MembershipStore(Protocol):
    """The memberships of one transaction; a person has at most one per room."""

    async def find(self, room_id: str, person: str) -> Membership | None:
        """One membership, in whatever state."""
        ...

    async def save(self, membership: Membership) -> None:
        """Insert, or change all but the receipt."""

    async def of_room(self, room_id: str) -> Sequence[Membership]:
        """Everybody but the removed, oldest first."""
        ...

    async def with_accounts(self, room_id: str) -> Sequence[str]:
        """Ids of the active people who are not guests."""
        ...

    async def all_with_accounts(self, rooms: Collection[str]) -> Mapping[str, Sequence[str]]:
        """The same for several rooms, in one query; those without any are absent."""
        ...

    async def counts(self, room_ids: Sequence[str]) -> Mapping[str, int]:
        """Active people per room; rooms without any are absent."""
        ...

    async def unread(self, person: str, room_ids: Sequence[str]) -> Mapping[str, int]:
        """Messages of others after what the person read, per room; none is absent."""
        ...

    async def receipts(self, room_id: str) -> Sequence[Receipt]:
        """How far each person got, the removed included."""
        ...

    async def advance(self, room_id: str, receipt: Receipt) -> Receipt | None:
        """Raise the stored receipt to at least this; None when it already was there."""
        ...
