"""Stored alarms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from server.domain.alarms import Alarm, AlarmKind


class AlarmStore(Protocol):
    """The alarms of one transaction."""

    async def put(self, alarm: Alarm, now: datetime) -> bool:
        """Raise it, or let it stand on; True when it did not stand at `now`."""
        ...

    async def end(self, kind: AlarmKind, subject: str) -> bool:
        """Forget one; False when it did not stand."""
        ...

    async def standing(self, now: datetime) -> Sequence[Alarm]:
        """Those that stand now, oldest first."""
        ...
