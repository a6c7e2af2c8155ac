"""One socket's events, one after another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from server.domain.errors import RateLimited, Unavailable

CAPACITY = 64
RETRY_SECONDS = 1


class Lane:
    """Turns in order of arrival; more than `capacity` waiting are refused."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._turn = asyncio.Lock()  # wakes its waiters first come, first served
        self._inside = 0
        self._is_closed = False

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for those before. Raises RateLimited when too many wait, Unavailable once closed."""
        self._require_open()
        if self._inside >= self._capacity:
            raise RateLimited(retry_after=RETRY_SECONDS)
        self._inside += 1
        try:
            async with self._turn:
                self._require_open()
                yield
        finally:
            self._inside -= 1

    async def close(self) -> None:
        """Let the present turn end and refuse all others; idempotent."""
        self._is_closed = True
        async with self._turn:
            pass

    def _require_open(self) -> None:
        if self._is_closed:
            raise Unavailable
