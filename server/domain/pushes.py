"""Web Push (RFC 8030): waking a device whose page is closed, without a word about a patient."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from server.domain.errors import Invalid
from server.domain.texts import storable
from server.domain.webhooks import Outcome, url_of

SUBSCRIPTIONS_LIMIT = 10
"""Devices of one person; the oldest makes room."""

KEY_LIMIT = 200
RETRIES = tuple(timedelta(seconds=wait) for wait in (2, 5, 15, 60, 120, 300))
LEASE = timedelta(seconds=30)
PROVED = timedelta(hours=12)
"""What was taken within a shift's length is proved this shift."""
TTL_S = 3600
"""How long a push service keeps what it cannot deliver (RFC 8030 §5.2)."""

ORDINARY = 1
"""As urgent as an urgent request; an emergency is 0."""

CAN_WAIT = 2
"""Nobody is woken for it: by e-mail, not by the gateway."""

GONE = frozenset({404, 410})
"""The device unsubscribed (RFC 8030 §7.3)."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A browser that may be woken; the keys encrypt for it alone (RFC 8291)."""

    id: str
    person: str
    endpoint: str
    p256dh: str
    auth: str
    created_at: datetime
    used_at: datetime | None = None

    @classmethod
    def create(
        cls,
        subscription_id: str,
        person: str,
        endpoint: str,
        p256dh: str,
        auth: str,
        now: datetime,
    ) -> Subscription:
        """Raises Invalid on an address that is not https, or on keys that cannot be keys."""
        for name, key in (("p256dh", p256dh), ("auth", auth)):
            if not 0 < len(key) <= KEY_LIMIT:
                raise Invalid("This is no key of a push subscription.", path=name)
            storable(key, name)
        return cls(subscription_id, person, url_of(endpoint), p256dh, auth, now)

    def is_proved(self, now: datetime) -> bool:
        """Whether its push service took something within a shift's length."""
        return self.used_at is not None and now - self.used_at < PROVED

    def to_wire(self) -> dict[str, Any]:
        """*PushSubscription* of docs/protocol.md."""
        return {"id": self.id, "created_at": self.created_at, "used_at": self.used_at}


@dataclass(frozen=True, slots=True)
class Push:
    """One waking of one device: which kind of thing waits, and where to look."""

    id: str
    subscription: str
    person: str
    kind: str
    subject: str
    place: str
    due_at: datetime
    attempts: int = 0
    rank: int = ORDINARY
    """What is lower leaves first."""

    def after(self, outcome: Outcome, now: datetime) -> Push | None:
        """The next attempt, or None when it arrived or nobody can be reached."""
        if outcome.is_success or outcome.status in GONE or self.attempts >= len(RETRIES):
            return None
        return replace(self, attempts=self.attempts + 1, due_at=now + RETRIES[self.attempts])

    def payload(self, *, is_training: bool = False) -> dict[str, str]:
        """What the service worker reads: no name, no question, only an opaque address.

        What comes from the training sandbox says so, or somebody gets up for it (hazard 22).
        """
        said = {"kind": self.kind, "place": self.place, "tag": f"{self.kind} {self.subject}"}
        return said | {"realm": "training"} if is_training else said
