"""Stored push subscriptions and pushes, and whoever sends them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from server.domain.pushes import Push, Subscription
from server.domain.webhooks import Outcome


class PushStore(Protocol):
    """The pushes of one transaction."""

    async def subscribe(self, subscription: Subscription, limit: int) -> None:
        """Store it instead of a former one of the same address; the oldest beyond go."""

    async def of(self, person: str) -> Sequence[Subscription]:
        """A person's, oldest first."""
        ...

    async def of_people(self, people: Collection[str]) -> Mapping[str, Sequence[Subscription]]:
        """Those of several people who have any, in one query."""
        ...

    async def pending(self, kind: str, subject: str, person: str) -> bool:
        """Whether something for this person is still on its way."""
        ...

    async def under_way(self, kind: str, subjects: Collection[str], person: str) -> Collection[str]:
        """About which of these something for this person is still on its way."""
        ...

    async def find(self, ids: Collection[str]) -> Mapping[str, Subscription]:
        """Subscriptions by id, in one query."""
        ...

    async def unsubscribe(self, subscription: str, person: str | None = None) -> bool:
        """Forget it and its pushes, if it is that person's; False when there is none."""
        ...

    async def enqueue(self, pushes: Sequence[Push]) -> None:
        """Store new pushes."""

    async def cancel(self, kind: str, subject: str) -> None:
        """Forget what was not sent yet."""

    async def lease(self, now: datetime, until: datetime, limit: int) -> Sequence[Push]:
        """Take due pushes for a while, oldest first."""
        ...

    async def postpone(self, push: Push) -> None:
        """Store the next attempt, unless it was cancelled meanwhile."""

    async def done(self, push: str, subscription: str, used_at: datetime | None) -> None:
        """Forget a push; a success is noted on its subscription."""

    async def key(self) -> bytes | None:
        """The sealed private VAPID key (RFC 8292)."""
        ...

    async def keep_key(self, sealed: bytes) -> bool:
        """Store it, once; False when another process was first."""
        ...


class PushSender(Protocol):
    """Encrypts for a device and hands over to its push service."""

    def new_key(self) -> bytes:
        """A fresh private key, PEM."""
        ...

    def public_key(self, private: bytes) -> str:
        """What a browser subscribes with: the uncompressed point, base64url."""
        ...

    async def send(
        self, private: bytes, subscription: Subscription, payload: Mapping[str, str]
    ) -> Outcome:
        """Send, never raise: whatever happens is an outcome."""
        ...
