"""Time as a story tells it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from server.adapters.clock import SystemClock

ROME = ZoneInfo("Europe/Rome")


class StoryClock(SystemClock):
    """The product's own clock on a machine whose time stands still until the story goes on."""

    def __init__(self, start: datetime) -> None:
        self._elapsed_us = 0  # whole microseconds: hours of seconds do not add up to 07:59:59.999
        self._wall_us = round(start.timestamp() * 1e6)
        super().__init__(lambda: self._wall_us / 1e6, lambda: self.elapsed_s)

    @property
    def elapsed_s(self) -> float:
        """Since the story began."""
        return self._elapsed_us / 1e6

    def monotonic(self) -> float:
        return self.elapsed_s

    async def sleep(self, seconds: float) -> None:
        self.go(seconds)

    def go(self, seconds: float) -> None:
        """Time passes."""
        self._elapsed_us += round(seconds * 1e6)
        self._wall_us += round(seconds * 1e6)

    def set(self, by: timedelta) -> None:
        """Somebody sets the machine's wall clock: no time passes."""
        self._wall_us += round(by.total_seconds() * 1e6)

    def at_rome(self) -> str:
        """What the clock on the wall of the ward shows, HH:MM:SS."""
        return f"{self.now().astimezone(ROME):%H:%M:%S}"
