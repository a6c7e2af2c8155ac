"""Time and fresh values, always injected."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Fresh(Protocol):
    """The only source of ids and secrets."""

    def id(self) -> str:
        """A new UUIDv7 (RFC 9562 §5.7), so that keys sort by age."""
        ...

    def secret(self) -> str:
        """256 random bits, URL-safe."""
        ...
