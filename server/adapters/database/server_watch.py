"""Whether the database server answers; what waits for one that does not is told, not kept.

A server that stopped breaks its connections, but one that stands still (a frozen machine, a full
disk, a lost route) keeps them: whoever waits there would wait for minutes. So it is asked twice a
second on a connection of its own, and what waits gives up together with that question. Slow
statements of a server that answers others are left alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from server.domain.errors import Unavailable
from server.services.ports.clock import Clock

PAUSE_S = 0.5
ANSWER_S = 1.5
STALL_S = 0.75
"""An answer missed by that much more was missed by this process, which was busy."""
CLOSE_S = 0.25

log = structlog.get_logger(__name__)


class Connection(asyncpg.Connection):  # type: ignore[misc]
    """Says goodbye only to a server that listens."""

    async def close(self, *, timeout: float | None = None) -> None:
        """Close it; abruptly after a moment, raising TimeoutError."""
        async with asyncio.timeout(CLOSE_S):
            await super().close(timeout=timeout)


class ServerWatch:
    """Who waits for the server, and whether that makes sense."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        """`engine` is for the questions alone."""
        self._engine = engine
        self._clock = clock
        self._waiting: set[asyncio.Timeout] = set()
        self.is_lost = False

    @asynccontextmanager
    async def patience(self) -> AsyncIterator[None]:
        """Wait within for as long as the server answers. Raises Unavailable."""
        if self.is_lost:
            raise Unavailable
        timeout = asyncio.timeout(None)
        try:
            async with timeout:
                self._waiting.add(timeout)
                try:
                    yield
                finally:
                    self._waiting.discard(timeout)
        except Exception as error:
            if timeout.expired():
                raise Unavailable from error
            raise

    async def watch(self) -> None:
        """Ask again and again, until cancelled."""
        while True:
            await self._ask()
            await self._clock.sleep(PAUSE_S)

    async def close(self) -> None:
        """Ask no more."""
        await self._engine.dispose()

    async def _ask(self) -> None:
        begun = self._clock.monotonic()
        try:
            async with asyncio.timeout(ANSWER_S), self._engine.connect() as connection:
                await connection.exec_driver_sql("SELECT 1")
        except (DBAPIError, OSError) as error:  # a TimeoutError is an OSError
            if self._clock.monotonic() - begun < ANSWER_S + STALL_S:
                self._lose(error)
        else:
            if self.is_lost:
                log.warning("database-found")
            self.is_lost = False

    def _lose(self, error: Exception) -> None:
        if not self.is_lost:
            log.error("database-lost", error=type(error).__name__)
        self.is_lost = True
        now = asyncio.get_running_loop().time()
        for timeout in self._waiting:
            timeout.reschedule(now)
