"""Stored pathways and their hand-overs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from server.domain.access import Role
from server.domain.pathways import Handover, Pathway, PathwayState


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose lists these are: a person, and where that person manages cases or books."""

    person: str
    manages: frozenset[str]
    books: frozenset[str]


@dataclass(frozen=True, slots=True)
class Counts:
    """How far a pathway is."""

    visits: int = 0
    done: int = 0
    overdue: int = 0


class PathwayStore(Protocol):
    """The pathways of one transaction."""

    async def add(self, pathway: Pathway) -> None:
        """Store a new one."""

    async def is_taken(self, code: str) -> bool:
        """Whether a pathway bears this code."""
        ...

    async def find(self, pathway_id: str) -> Pathway | None:
        """One pathway."""
        ...

    async def lock(self, pathway_id: str) -> Pathway | None:
        """The same, as it is until the transaction ends."""
        ...

    async def update(self, pathway: Pathway) -> None:
        """Store who is responsible and whether it is closed."""

    async def page(
        self,
        scope: Scope,
        *,
        text: str = "",
        state: PathwayState | None = None,
        room: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Sequence[Pathway]:
        """What the person may see, newest first; `text` is part of the code or the name."""
        ...

    async def named(self, ids: Collection[str]) -> Mapping[str, Pathway]:
        """Those of the ids that exist, by id, in one query."""
        ...

    async def counts(self, ids: Collection[str]) -> Mapping[str, Counts]:
        """How far each is, in one query; those without visits are absent."""
        ...

    async def staff(self, role: Role, organisations: Collection[str]) -> Sequence[str]:
        """Ids of the active people who have a role in one of the organisations."""
        ...

    async def add_handover(self, handover: Handover) -> None:
        """Store an offer."""

    async def answer_handover(self, handover: Handover) -> bool:
        """Store an answer; False when it was answered already."""
        ...

    async def last_handover(self, pathway_id: str) -> Handover | None:
        """The newest that was not withdrawn."""
        ...

    async def pending_handovers(self, organisations: Collection[str]) -> Sequence[Handover]:
        """What waits for these organisations, oldest first."""
        ...
