"""Webhooks: what leaves for an integrator, signed, and tried again until it arrives.

Signatures, headers and the schedule of retries follow Standard Webhooks
(https://www.standardwebhooks.com, specification v1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from server.domain.errors import Conflict, Invalid
from server.domain.texts import storable
from server.domain.timeline import Event, EventType

URL_LIMIT = 500
DESCRIPTION_LIMIT = 200
ENDPOINTS_LIMIT = 20
"""Endpoints of one organisation."""

RETRIES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Waits after the first, second … failed attempt; after the last one it has failed."""

LEASE = timedelta(seconds=60)
"""A process that takes a delivery and dies holds it no longer than this."""

PING = "webhook.ping"
FAMILIES = frozenset({"room", "member", "call", "document", "guard", "report"})
"""Nouns whose events leave; what people write to each other never does."""

_PERSONAL = frozenset({"name", "title", "text", "question", "phone", "reason"})


class WebhookDisabled(Conflict):
    """Nothing leaves for an endpoint that is switched off."""

    code = "webhook-disabled"
    message = "Switch this webhook on first."


def leaves(kind: EventType | str) -> bool:
    """Whether integrators may subscribe to this type of event."""
    return str(kind).partition(".")[0] in FAMILIES


def event_types() -> list[str]:
    """All that may be subscribed to, in order."""
    return sorted(kind.value for kind in EventType if leaves(kind))


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an organisation's events go; no `events` means all of them."""

    id: str
    organisation: str
    url: str
    description: str
    events: frozenset[str]
    secret: bytes
    """Sealed."""
    created_by: str
    created_at: datetime
    is_enabled: bool = True

    def wants(self, kind: str) -> bool:
        """Whether an event of this type goes there."""
        return not self.events or kind in self.events

    def require_enabled(self) -> None:
        """Raise WebhookDisabled."""
        if not self.is_enabled:
            raise WebhookDisabled

    def to_wire(self) -> dict[str, Any]:
        """*Webhook* of docs/protocol.md, without its secret."""
        return {
            "id": self.id,
            "organisation": self.organisation,
            "url": self.url,
            "description": self.description,
            "events": sorted(self.events),
            "enabled": self.is_enabled,
            "created_at": self.created_at,
        }


class DeliveryState(StrEnum):
    """How far a delivery is."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the other side said: a status, or why there was none."""

    status: int | None
    error: str | None = None

    @property
    def is_success(self) -> bool:
        """2xx, as Standard Webhooks counts it."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """410: the receiver asks for no more."""
        return self.status == 410


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message for one endpoint; `message` is what `webhook-id` repeats at each attempt."""

    id: str
    endpoint: str
    message: str
    type: str
    body: str
    created_at: datetime
    due_at: datetime
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    status: int | None = None
    error: str | None = None
    ended_at: datetime | None = None

    def after(self, outcome: Outcome, now: datetime) -> Delivery:
        """Delivered, to be tried again, or failed for good."""
        told = replace(self, attempts=self.attempts + 1, status=outcome.status, error=outcome.error)
        if outcome.is_success:
            return replace(told, state=DeliveryState.DELIVERED, ended_at=now)
        if outcome.is_gone or told.attempts > len(RETRIES):
            return replace(told, state=DeliveryState.FAILED, ended_at=now)
        return replace(told, due_at=now + RETRIES[told.attempts - 1])

    def again(self, delivery_id: str, now: datetime) -> Delivery:
        """The same message once more, as a delivery of its own."""
        return Delivery(
            delivery_id, self.endpoint, self.message, self.type, self.body, now, due_at=now
        )

    def to_wire(self) -> dict[str, Any]:
        """*Delivery* of docs/protocol.md."""
        return {
            "id": self.id,
            "message": self.message,
            "type": self.type,
            "state": self.state.value,
            "attempts": self.attempts,
            "status": self.status,
            "error": self.error,
            "created_at": self.created_at,
            "next_at": self.due_at if self.state is DeliveryState.PENDING else None,
            "ended_at": self.ended_at,
        }


def url_of(url: str) -> str:
    """Https, or plain http to this very machine. Raises Invalid."""
    parts = urlsplit(url.strip())
    if len(url) > URL_LIMIT or not parts.hostname or parts.username or parts.fragment:
        raise Invalid("This is not an address for webhooks.", path="url")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_here(parts.hostname)):
        raise Invalid("Webhooks go to https addresses.", path="url")
    return storable(url.strip(), "url")


def events_of(names: Iterable[str]) -> frozenset[str]:
    """The types to subscribe to. Raises Invalid on an unknown one."""
    chosen = frozenset(names)
    if unknown := chosen - frozenset(event_types()):
        raise Invalid(f"There is no event {min(unknown)}.", path="events")
    return chosen


def thin(event: Event) -> Mapping[str, Any]:
    """What leaves of an event: ids and states, never names or words.

    Whoever needs more asks the API, which asks for permission.
    """
    return {
        "room": event.room,
        "seq": event.seq,
        "id": event.id,
        "sender": event.sender.id if event.sender else None,
        "data": _impersonal(event.data),
    }


def _impersonal(value: Any) -> Any:
    if isinstance(value, Mapping):
        kept = {key: item for key, item in value.items() if key not in _PERSONAL}
        return {key: _impersonal(item) for key, item in kept.items()}
    if isinstance(value, (list, tuple)):
        return [_impersonal(item) for item in value]
    return value


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
