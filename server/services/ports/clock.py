"""Time and fresh values, always injected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
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


@dataclass(frozen=True, slots=True)
class ClockStep:
    """Somebody set the machine's wall clock: when, and by how much."""

    at: datetime
    by: timedelta


class Timekeeper(Protocol):
    """What a clock knows about the machine's wall clock, which it need not obey."""

    @property
    def ahead_s(self) -> float:
        """How far time is ahead of the wall clock that was set back."""
        ...

    @property
    def step(self) -> ClockStep | None:
        """The last time that somebody set the wall clock."""
        ...


class Fresh(Protocol):
    """The only source of ids and secrets."""

    def id(self) -> str:
        """A new UUIDv7 (RFC 9562 §5.7), so that keys sort by age."""
        ...

    def secret(self) -> str:
        """256 random bits, URL-safe."""
        ...
