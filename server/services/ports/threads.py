"""Stored threads."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from server.domain.chat import Message
from server.domain.memberships import Membership
from server.domain.threads import Thread


@dataclass(frozen=True, slots=True)
class Stored:
    """A thread beside its last message, and whether its room was closed."""

    thread: Thread
    last: Message | None
    closed: bool


class ThreadStore(Protocol):
    """The threads of one transaction; a thread's id is its room's."""

    async def add(self, thread: Thread) -> None:
        """Store a new one."""

    async def lock(self, room: str) -> Thread | None:
        """One, kept as it is until the transaction ends."""
        ...

    async def by_client_id(self, opener: str, client_id: str) -> Thread | None:
        """What the same request opened before."""
        ...

    async def update(self, thread: Thread) -> None:
        """Store what changed."""

    async def find(self, room: str) -> Stored | None:
        """One, to show."""
        ...

    async def of_person(self, person: str, limit: int) -> Sequence[Stored]:
        """Those a person is in, the latest activity first."""
        ...

    async def awaiting(self, person: str) -> Sequence[Thread]:
        """Open ones whose urgent message waits for this person, oldest first."""
        ...

    async def misplaced(self, rota: str, holder: str | None, limit: int) -> Sequence[Thread]:
        """Open ones of a rota whose seat is not this holder's, locked."""
        ...

    async def members(self, rooms: Collection[str]) -> Mapping[str, Sequence[Membership]]:
        """Who is in the rooms now, in one query."""
        ...
