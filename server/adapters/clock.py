"""The real clock: the only place that reads the time or waits."""

import asyncio
import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's clock, as the Clock port wants it."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
