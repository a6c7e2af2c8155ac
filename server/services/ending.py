"""Ending tasks that go on until cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

AGAIN_S = 0.5


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel them and wait until all are over.

    Once is not enough: a database driver may answer a cancellation with an error of its own,
    which a loop that outlives failures takes for one more of them.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        over, pending = await asyncio.wait(pending, timeout=AGAIN_S)
        for task in over:
            if not task.cancelled():
                task.exception()  # seen: whoever logs failures logged it
