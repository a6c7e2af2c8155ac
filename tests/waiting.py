"""Waiting in tests: for a condition, never for a while."""

import asyncio
from collections.abc import Awaitable, Callable


async def until(condition: Callable[[], object], seconds: float = 10) -> None:
    """Return once `condition()` is true. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 the condition has no event of its own
            await asyncio.sleep(0.005)


async def eventually(condition: Callable[[], Awaitable[object]], seconds: float = 10) -> None:
    """The same for a condition that must be asked for."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 as above
            await asyncio.sleep(0.02)
