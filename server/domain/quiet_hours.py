"""Quiet hours: when what can wait comes without a sound; what cannot is never muted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from server.domain.errors import Invalid
from server.domain.guard import Priority
from server.domain.rota import zone_of
from server.domain.texts import storable

QUIET_LIMIT = 10
DEVICE_LIMIT = 80
EVERYWHERE = "*"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Daily, by the wall clock of a zone, over midnight where `end` is before `start`.

    `device` is one page's own name for itself, or EVERYWHERE.
    """

    start: time
    end: time
    zone: str
    device: str = EVERYWHERE

    def check(self) -> QuietHours:
        """The same. Raises Invalid."""
        zone_of(self.zone)
        if self.start == self.end:
            raise Invalid("Quiet hours end when they begin.", path="end")
        if not 0 < len(self.device) <= DEVICE_LIMIT:
            raise Invalid("This is no device.", path="device")
        storable(self.device, "device")
        return self

    def cover(self, now: datetime) -> bool:
        """Whether it is quiet at an instant."""
        at = now.astimezone(ZoneInfo(self.zone)).time()
        if self.start < self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end

    def to_wire(self) -> dict[str, Any]:
        """One item of *QuietHours* of docs/protocol.md."""
        return {
            "start": self.start.strftime("%H:%M"),
            "end": self.end.strftime("%H:%M"),
            "zone": self.zone,
            "device": None if self.device == EVERYWHERE else self.device,
        }


def silent_on(hours: Iterable[QuietHours], priority: Priority, now: datetime) -> list[str]:
    """Where a request of this priority makes no sound now: devices, or EVERYWHERE (hazard 15)."""
    if priority is not Priority.ROUTINE:
        return []
    return sorted({one.device for one in hours if one.cover(now)})
