"""Tasks end even when their first cancellation got lost."""

from __future__ import annotations

import asyncio

from server.services.ending import end


async def test_a_task_that_loses_its_cancellation_is_asked_again() -> None:
    lost: list[str] = []

    async def stubborn() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if lost:
                    raise
                lost.append("as a driver's own error would be")

    async def failing() -> None:
        raise ValueError

    tasks = [asyncio.create_task(stubborn()), asyncio.create_task(failing())]
    await asyncio.sleep(0)
    await end(tasks)
    assert lost
    assert tasks[0].cancelled()
    assert tasks[1].done()


async def test_none_is_fine() -> None:
    await end([])
