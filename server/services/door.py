"""The door by which guests come in: a few at a time, so that a crowd there delays nobody inside.

Whoever writes waits for those who write before, and an alert of the guard is written too. So what
strangers may cause is bounded in number, not only in frequency (hazard 24).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from server.domain.errors import RateLimited

AT_ONCE = 4
"""Guests who are being let in."""
WAITING_LIMIT = 200
"""Guests who wait for that; the others are asked to come back."""
RETRY_S = 3


class Door:
    """One for all rooms of a process."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    @asynccontextmanager
    async def passage(self) -> AsyncIterator[None]:
        """Wait for a place, and keep it within. Raises RateLimited where too many wait.

        Never from within a transaction: who passes may be waiting for its lock.
        """
        if self._waiting >= WAITING_LIMIT:
            raise RateLimited(retry_after=RETRY_S)
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._places.release()
