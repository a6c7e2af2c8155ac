"""Stored webhooks, and whoever carries them out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from server.domain.webhooks import Delivery, DeliveryState, Endpoint, Outcome


class WebhookStore(Protocol):
    """The webhooks of one transaction."""

    async def add(self, endpoint: Endpoint) -> None:
        """Store a new endpoint."""

    async def find(self, endpoint: str) -> Endpoint | None:
        """One endpoint."""
        ...

    async def of(self, organisations: Collection[str]) -> Sequence[Endpoint]:
        """Those of some organisations, oldest first."""
        ...

    async def update(self, endpoint: Endpoint) -> None:
        """Store what may change."""

    async def remove(self, endpoint: str) -> None:
        """Forget it and its deliveries."""

    async def hearing(self, places: Collection[str]) -> Mapping[str, Sequence[Endpoint]]:
        """By room: enabled ones of organisations to which the room's creator belongs."""
        ...

    async def enqueue(self, deliveries: Sequence[Delivery]) -> None:
        """Store new deliveries."""

    async def lease(self, now: datetime, until: datetime, limit: int) -> Sequence[Delivery]:
        """Take due deliveries of enabled endpoints for a while, oldest first."""
        ...

    async def endpoints(self, ids: Collection[str]) -> Mapping[str, Endpoint]:
        """Endpoints by id, in one query."""
        ...

    async def record(self, delivery: Delivery) -> None:
        """Store how an attempt went."""

    async def delivery(self, endpoint: str, delivery: str) -> Delivery | None:
        """One delivery of an endpoint."""
        ...

    async def deliveries(
        self, endpoint: str, state: DeliveryState | None, before: str | None, limit: int
    ) -> Sequence[Delivery]:
        """Newest first, older than `before`."""
        ...

    async def failed_since(self, endpoint: str, since: datetime) -> Sequence[Delivery]:
        """Those that failed for good, oldest first."""
        ...

    async def purge(self, before: datetime) -> int:
        """Forget deliveries that ended before an instant; answers how many."""
        ...


class Courier(Protocol):
    """Carries a message to an address outside."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Send, never raise: whatever happens is an outcome."""
        ...
