"""The real clock: the only place that reads the time or waits."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from server.services.ports.clock import ClockStep

STEP_S = 1.0
"""A wall clock that moves by more at once was set by somebody; less is discipline by NTP."""
SLEW = 0.01
"""How much slower time passes until a wall clock that was set back has caught up."""


def _elapsed() -> float:
    """Seconds since the machine started, asleep or not; where there is no such clock, awake."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


class SystemClock:
    """The machine's clock, as the Clock and Timekeeper ports want it.

    It follows the wall clock forward at once: an alert too early does no harm. It never goes back:
    when the wall clock is set back, time goes on by what has really passed, a hundredth slower
    until the two agree, so that no deadline waits an hour longer because somebody set the clock.
    """

    def __init__(
        self, wall: Callable[[], float] = time.time, elapsed: Callable[[], float] = _elapsed
    ) -> None:
        self._wall, self._elapsed = wall, elapsed
        self._now, self._read_at = wall(), elapsed()
        self._offset = self._now - self._read_at
        self._step: ClockStep | None = None

    def now(self) -> datetime:
        """The instant, aware, in UTC; never before one that was told."""
        return datetime.fromtimestamp(self._advance(), UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    @property
    def ahead_s(self) -> float:
        """How far time is ahead of the machine's wall clock."""
        return max(0.0, self._advance() - self._wall())

    @property
    def step(self) -> ClockStep | None:
        """The last time that somebody set the wall clock."""
        self._advance()
        return self._step

    def _advance(self) -> float:
        wall, elapsed = self._wall(), self._elapsed()
        passed = max(0.0, elapsed - self._read_at)
        moved = wall - elapsed - self._offset
        self._now = max(wall, self._now + passed * (1 - SLEW))
        self._read_at, self._offset = elapsed, wall - elapsed
        if abs(moved) > STEP_S:
            at = datetime.fromtimestamp(self._now, UTC)
            self._step = ClockStep(at, timedelta(seconds=moved))
        return self._now
