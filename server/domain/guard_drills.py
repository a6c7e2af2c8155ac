"""Drills: proving the way to each device on guard with something that cannot be taken for a case.

A drill is no request: it has no patient, no room, no steps and no figures (hazard 22).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from server.domain.instants import rfc3339

SILENT_TIME = timedelta(seconds=30)
"""How long a page has to acknowledge by itself."""
AUDIBLE_TIME = timedelta(minutes=2)
"""How long a person has to touch the page."""
EVERY = timedelta(hours=1)
SHIFT = timedelta(hours=12)
"""Who heard no audible drill for this long begins a shift: the next scheduled one is audible."""
LIST_LIMIT = 20


class DrillState(StrEnum):
    """How a drill went."""

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Echo:
    """One device of one person on guard; the device is empty when none could be heard."""

    person: str
    name: str
    device: str
    is_audible: bool
    acknowledged_at: datetime | None = None

    def to_wire(self) -> dict[str, Any]:
        """One item of *Drill*'s devices."""
        at = self.acknowledged_at
        return {
            "person": self.person,
            "name": self.name,
            "device": self.device or None,
            "audible": self.is_audible,
            "acknowledged_at": rfc3339(at) if at else None,
        }


@dataclass(frozen=True, slots=True)
class Drill:
    """One drill; nobody in `started_by` means that it was due."""

    id: str
    started_by: str | None
    started_at: datetime
    until: datetime
    state: DrillState = DrillState.RUNNING

    def end(self, echoes: Collection[Echo]) -> Drill:
        """Passed when every device of everybody on guard acknowledged; nobody on guard: failed."""
        is_heard = bool(echoes) and all(one.acknowledged_at for one in echoes)
        return replace(self, state=DrillState.PASSED if is_heard else DrillState.FAILED)

    def to_wire(self, echoes: Collection[Echo]) -> dict[str, Any]:
        """*Drill* of docs/protocol.md."""
        return {
            "id": self.id,
            "started_by": self.started_by,
            "started_at": rfc3339(self.started_at),
            "until": rfc3339(self.until),
            "state": self.state.value,
            "devices": [one.to_wire() for one in echoes],
        }
