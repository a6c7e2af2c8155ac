"""Who was on guard before the last edit of a rota or a service."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from server.domain.guard_pasts import Past
from server.domain.rota import Shift

Used = tuple[str, str]
"""A service, and a rota that it uses or used."""


class GuardPastStore(Protocol):
    """The pasts of one transaction."""

    async def until(self, services: Collection[str]) -> Mapping[Used, datetime]:
        """Until when something is kept."""
        ...

    async def keep(self, used: Used, shifts: Sequence[Shift]) -> None:
        """Keep what follows what is kept; whoever keeps the same at the same time is harmless."""

    async def of(
        self, services: Collection[str], begin: datetime, end: datetime
    ) -> Mapping[Used, Past]:
        """What is kept, with the shifts that lie in an interval in part at least."""
        ...
