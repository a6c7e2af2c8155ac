"""Stored quiet hours."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from server.domain.quiet_hours import QuietHours


class QuietHourStore(Protocol):
    """The quiet hours of one transaction."""

    async def of(self, people: Collection[str]) -> Mapping[str, Sequence[QuietHours]]:
        """Those of people who have any."""
        ...

    async def replace(self, person: str, hours: Sequence[QuietHours]) -> None:
        """Store these instead of what was."""
