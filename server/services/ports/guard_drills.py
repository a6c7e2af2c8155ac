"""Stored drills."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from server.domain.guard_drills import Drill, Echo


class DrillStore(Protocol):
    """The drills of one transaction."""

    async def add(self, drill: Drill, echoes: Collection[Echo]) -> None:
        """Store a new one."""

    async def find(self, drill: str) -> Drill | None:
        """One drill."""
        ...

    async def update(self, drill: Drill, echoes: Collection[Echo]) -> None:
        """Store how it went, on each way."""

    async def recent(self, limit: int) -> Sequence[Drill]:
        """The newest first."""
        ...

    async def echoes(self, drills: Collection[str]) -> Mapping[str, Sequence[Echo]]:
        """The devices of drills."""
        ...

    async def acknowledge(self, drill: str, person: str, device: str, now: datetime) -> bool:
        """A device answered; False when it was not asked."""
        ...

    async def heard_since(self, people: Collection[str], since: datetime) -> frozenset[str]:
        """Whom an audible drill was sent to since then."""
        ...
