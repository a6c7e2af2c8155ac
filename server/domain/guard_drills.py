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


class EchoState(StrEnum):
    """How far a drill came on one way to somebody."""

    ASKED = "asked"
    SEEN = "seen"
    """The page answered."""
    SENT = "sent"
    """The push service, the mail server or the gateway took it."""
    DELIVERED = "delivered"
    """The gateway says that it arrived."""
    PROVED = "proved"
    """Not tried: something was taken there this shift, and nothing failed since."""
    UNPROVED = "unproved"
    """Not tried, and nothing was taken there this shift."""
    FAILED = "failed"


PROVEN = frozenset({EchoState.SEEN, EchoState.SENT, EchoState.DELIVERED, EchoState.PROVED})
PAGE = "console"


@dataclass(frozen=True, slots=True)
class Echo:
    """One way to one person on guard; the device is empty when they have none at all."""

    person: str
    name: str
    device: str
    is_audible: bool
    acknowledged_at: datetime | None = None
    channel: str = PAGE
    state: EchoState = EchoState.ASKED

    @property
    def is_page(self) -> bool:
        """Whether a page was asked, which answers or does not."""
        return self.channel == PAGE and bool(self.device)

    def end(self) -> Echo:
        """A page that was asked and did not answer failed."""
        if self.channel != PAGE:
            return self
        return replace(self, state=EchoState.SEEN if self.acknowledged_at else EchoState.FAILED)

    def to_wire(self) -> dict[str, Any]:
        """One item of *Drill*'s devices."""
        at = self.acknowledged_at
        return {
            "person": self.person,
            "name": self.name,
            "device": self.device or None,
            "channel": self.channel,
            "state": self.state.value,
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
        """Passed when everybody on guard can be reached; nobody on guard: failed."""
        is_heard = bool(echoes) and not unreached(echoes)
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
            "unreached": [] if self.state is DrillState.RUNNING else sorted(unreached(echoes)),
        }


def unreached(echoes: Collection[Echo]) -> frozenset[str]:
    """The names of those with a page that is silent, or without any proven way."""
    silent = {one.name for one in echoes if one.is_page and one.state not in PROVEN}
    reached = {one.person for one in echoes if one.state in PROVEN}
    return frozenset(silent | {one.name for one in echoes if one.person not in reached})
