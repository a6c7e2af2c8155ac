"""The pool over real workers: media comes back after a death, and nothing outlives a close."""

import asyncio
import os
import signal

import pytest

from tests.bench.media_sides import OurSide, set_up
from tests.bench.scenario import Scenario, room_of
from tests.media.pool.support import is_alive, until

SCENARIO = Scenario("two watch each other", publishers=2, subscribers=0)


async def negotiate(side: OurSide) -> None:
    """Every peer of the room joins, publishes and subscribes, as after a room_reset."""
    for name in SCENARIO.senders:
        await side.generator.ask("remove", peer=name)
    side.listener.tracks.clear()
    await set_up(side, SCENARIO)


async def all_arrives(side: OurSide) -> bool:
    expect = {name: SCENARIO.watched(name) for name in SCENARIO.receivers}
    await side.generator.ask("start")
    await side.generator.ask("wait", seconds=0.3)
    await side.generator.ask("count")
    await side.generator.ask("wait", seconds=0.5)
    counted = await side.generator.ask("counted", expect=expect)
    await side.generator.ask("stop")
    return bool(counted["due"]) and counted["received"] == counted["due"]


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP])
async def test_media_returns_after_a_worker_is_lost(end: signal.Signals) -> None:
    side = await OurSide.start()
    try:
        await set_up(side, SCENARIO)
        assert await all_arrives(side)
        lost = side.pid
        os.kill(lost, end)
        await until(lambda: side.listener.resets == [room_of(SCENARIO.senders[0])])
        assert not is_alive(lost)
        await negotiate(side)
        assert await all_arrives(side)
    finally:
        await side.close()


async def test_closing_amid_a_call_leaves_no_worker() -> None:
    side = await OurSide.start()
    await set_up(side, SCENARIO)
    worker = side.pid
    await asyncio.gather(side.pool.close(), side.pool.close())
    assert not is_alive(worker)
    await side.close()


async def test_nothing_honest_is_counted_as_dropped() -> None:
    side = await OurSide.start()
    try:
        await set_up(side, SCENARIO)
        assert await all_arrives(side)
        await until(lambda: side.pool.describe()["packets_out"])
        assert side.pool.describe()["drops"] == {}
    finally:
        await side.close()
