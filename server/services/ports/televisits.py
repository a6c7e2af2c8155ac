"""Stored televisits and whom their links are for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from server.domain.televisit_records import Link
from server.domain.televisits import Televisit


class TelevisitStore(Protocol):
    """The televisits of one transaction."""

    async def add(self, televisit: Televisit) -> None:
        """Store a new one."""

    async def find(self, televisit: str) -> Televisit | None:
        """One of them."""
        ...

    async def lock(self, televisit: str) -> Televisit | None:
        """One that nobody else changes until this transaction ends."""
        ...

    async def of_room(self, room: str, *, locked: bool = False) -> Televisit | None:
        """The one whose room this is."""
        ...

    async def update(self, televisit: Televisit) -> None:
        """Store what moved."""

    async def agenda(self, clinician: str, since: datetime, until: datetime) -> Sequence[Televisit]:
        """Those that begin in the interval, earliest first."""
        ...

    async def unfinished(self, clinician: str) -> Sequence[Televisit]:
        """Those that have not ended, earliest first."""
        ...

    async def add_link(self, link: Link) -> None:
        """Remember whom an invitation is for."""

    async def links(self, televisit: str) -> Sequence[Link]:
        """All of a televisit."""
        ...
