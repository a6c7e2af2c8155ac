"""First answers, kept for repeats."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """A status and a JSON body."""

    status: int
    body: str | None


@dataclass(frozen=True, slots=True)
class Reservation:
    """A key in use; only an upgrade in the middle of a request leaves one without an answer."""

    fingerprint: str
    answer: StoredAnswer | None


class IdempotencyKeys(Protocol):
    """Keys of one transaction."""

    async def reserve(self, person: str, key: str, fingerprint: str, now: datetime) -> bool:
        """Take the key; False when it is taken."""
        ...

    async def find(self, person: str, key: str) -> Reservation | None:
        """The key, if taken."""
        ...

    async def answer(self, person: str, key: str, answer: StoredAnswer) -> None:
        """Keep the first answer."""

    async def expire(self, before: datetime) -> None:
        """Forget old keys."""
