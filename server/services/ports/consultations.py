"""Stored consultations."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from server.domain.consultations import Consultation, State


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which consultations: each given field narrows."""

    requester: str | None = None
    doctor: str | None = None
    centres: Collection[str] | None = None
    states: Collection[State] = field(default=frozenset(State))
    before: str | None = None
    limit: int = 100


class ConsultationStore(Protocol):
    """The consultations of one transaction."""

    async def add(self, consultation: Consultation) -> None:
        """Store a new one."""

    async def find(self, consultation: str) -> Consultation | None:
        """One of them."""
        ...

    async def lock(self, consultation: str) -> Consultation | None:
        """One that nobody else changes until this transaction ends."""
        ...

    async def of_room(self, room: str) -> Consultation | None:
        """The one whose room this is."""
        ...

    async def update(self, consultation: Consultation) -> None:
        """Store what moved."""

    async def list(self, wanted: Wanted) -> Sequence[Consultation]:
        """Newest first."""
        ...
