"""Password hashing as use cases see it."""

from __future__ import annotations

from typing import Protocol


class Passwords(Protocol):
    """Slow hashes, made outside the event loop: never await one inside a transaction."""

    async def hash(self, password: str) -> str:
        """A salted hash of the password."""
        ...

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether it matches; None (nobody) takes as long as somebody, and is False."""
        ...

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with weaker parameters than today's."""
        ...
