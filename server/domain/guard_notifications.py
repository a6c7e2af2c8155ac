"""Notifications: whom a guard request was sent to, on what, and what became of it there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from server.domain.contact_messages import MessageState
from server.domain.instants import rfc3339

CONSOLE_LEASE = timedelta(seconds=15)
"""How long a console counts without being heard of."""
RENEWAL_SECONDS = 4.0
REPEAT = timedelta(seconds=15)
"""How often an unanswered alert sounds again."""


class Outcome(StrEnum):
    """How a notification ended."""

    ACCEPTED = "accepted"
    TAKEN = "taken"
    """Somebody else accepted."""
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    """Alerting started over."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One person on one device; the device is empty while no device of theirs is there."""

    request: str
    round: int
    step: int
    person: str
    name: str
    channel: str
    device: str
    is_ready: bool
    notified_at: datetime
    delivered_at: datetime | None = None
    seen_at: datetime | None = None
    outcome: Outcome | None = None
    state: MessageState | None = None
    """How far the last message is, where the channel is one of messages."""

    def on(self, device: str, now: datetime) -> Notification:
        """The same on another device that turned up later."""
        return replace(
            self, device=device, notified_at=now, delivered_at=None, seen_at=None, state=None
        )

    def to_wire(self) -> dict[str, Any]:
        """One of *Request*'s notifications."""
        return {
            "person": self.person,
            "name": self.name,
            "step": self.step,
            "channel": self.channel,
            "state": self.state.value if self.state else None,
            "device": self.device or None,
            "ready": self.is_ready,
            "notified_at": rfc3339(self.notified_at),
            "delivered_at": rfc3339(self.delivered_at) if self.delivered_at else None,
            "seen_at": rfc3339(self.seen_at) if self.seen_at else None,
            "outcome": self.outcome.value if self.outcome else None,
        }


@dataclass(frozen=True, slots=True)
class Console:
    """A page of somebody who is signed in; with sound unlocked it is ready."""

    person: str
    device: str
    has_sound: bool
    until: datetime

    def is_ready(self, now: datetime) -> bool:
        """Whether an alert would sound there."""
        return self.has_sound and now < self.until
