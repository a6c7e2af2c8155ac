"""Rooms over scripted workers: pinning, replacement, closing."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from media.pool import MediaPool
from media.protocol import SDP_BYTES_MAX, MediaError
from tests.media.pool.support import LOOPBACK, Listener, is_alive, log, pids, processes, until

FAKE = (sys.executable, str(Path(__file__).with_name("fake_worker.py")))
NOTHING: frozenset[str] = frozenset()


def scripted(workers: int = 2) -> MediaPool:
    return MediaPool(LOOPBACK, workers, 0, log(), command=FAKE)


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
async def pool(listener: Listener) -> AsyncIterator[MediaPool]:
    pool = scripted()
    await pool.start(listener)
    yield pool
    await pool.close()


async def code(pool: MediaPool, room: str, peer: str) -> str:
    with pytest.raises(MediaError) as refused:
        await pool.join(room, peer, NOTHING, True)
    return refused.value.code


async def worker_of(pool: MediaPool, room: str) -> int:
    return int((await pool.publish(room, "a", "offer", {})).split()[0])


async def test_rooms_go_to_the_least_loaded_worker(pool: MediaPool) -> None:
    for room in ("one", "two", "three", "four"):
        await pool.join(room, "a", NOTHING, True)
    assert [process["rooms"] for process in processes(pool)] == [2, 2]
    await pool.close_room("one")
    await pool.leave("three", "a")
    await pool.join("five", "a", NOTHING, True)
    await pool.join("six", "a", NOTHING, True)
    assert [process["rooms"] for process in processes(pool)] == [2, 2]


async def test_a_room_stays_on_its_worker(pool: MediaPool) -> None:
    for peer in "abcdef":
        await pool.join("big", peer, NOTHING, True)
    assert sorted(process["peers"] for process in processes(pool)) == [0, 6]
    assert await worker_of(pool, "big") == await worker_of(pool, "big")


async def test_a_refused_join_leaves_no_trace(pool: MediaPool) -> None:
    assert await code(pool, "room", "refused") == "media-full"
    assert pool.describe()["rooms"] == 0


async def test_unknown_rooms_and_unfit_sdp_never_reach_a_worker(pool: MediaPool) -> None:
    with pytest.raises(MediaError) as unknown:
        await pool.publish("nowhere", "a", "offer", {})
    assert unknown.value.code == "room-unknown"
    await pool.join("room", "a", NOTHING, True)
    with pytest.raises(MediaError) as long:
        await pool.publish("room", "a", "x" * (SDP_BYTES_MAX + 1), {})
    assert long.value.code == "sdp-invalid"
    with pytest.raises(MediaError) as broken:
        await pool.publish("room", "a", "v=0\ud800", {})
    assert broken.value.code == "sdp-invalid"
    with pytest.raises(MediaError) as dense:
        await pool.publish("room", "a", "m=video\n" + "a=x\n" * 400, {})
    assert dense.value.code == "sdp-invalid"


async def test_leaving_twice_and_closing_twice_are_nothing(pool: MediaPool) -> None:
    await pool.join("room", "a", NOTHING, True)
    await pool.leave("room", "a")
    await pool.leave("room", "a")
    await pool.close_room("room")
    await pool.close_room("room")
    assert pool.describe()["peers"] == 0


async def test_stale_events_are_not_told(pool: MediaPool, listener: Listener) -> None:
    await pool.join("room", "speaks", NOTHING, True)
    assert listener.lost == [("room", "speaks", "consent-expired")]


async def test_a_failing_listener_does_not_stop_the_pool(pool: MediaPool) -> None:
    async with asyncio.timeout(10):
        broken = scripted(1)
        await broken.start(FailingListener())
        await broken.join("room", "speaks", NOTHING, True)
        await broken.join("room", "a", NOTHING, True)
        await broken.close()


class FailingListener(Listener):
    def peer_lost(self, room: str, peer: str, reason: str) -> None:
        raise RuntimeError(room)


@pytest.mark.parametrize("peer", ["exits", "garbage", "hangs"])
async def test_a_lost_worker_is_replaced_and_its_rooms_reset(
    pool: MediaPool, listener: Listener, peer: str
) -> None:
    await pool.join("one", "a", NOTHING, True)
    await pool.join("two", "a", NOTHING, True)
    lost, other = await worker_of(pool, "one"), await worker_of(pool, "two")
    assert await code(pool, "one", peer) == "media-unavailable"
    await until(lambda: listener.resets)
    assert listener.resets == ["one"]
    assert not is_alive(lost)
    await pool.join("one", "a", NOTHING, True)
    assert await worker_of(pool, "one") not in (lost, other)
    assert await worker_of(pool, "two") == other
    assert pool.describe()["worker_restarts"] == 1


async def test_a_stopped_worker_is_killed_and_replaced(pool: MediaPool, listener: Listener) -> None:
    await pool.join("one", "a", NOTHING, True)
    stopped = await worker_of(pool, "one")
    os.kill(stopped, signal.SIGSTOP)
    await until(lambda: listener.resets == ["one"])
    assert not is_alive(stopped)


async def test_joining_during_a_replacement_follows_the_reset(
    pool: MediaPool, listener: Listener
) -> None:
    await pool.join("one", "a", NOTHING, True)
    os.kill(await worker_of(pool, "one"), signal.SIGKILL)
    await until(lambda: pool.describe()["workers_alive"] == 1)
    with pytest.raises(MediaError, match="replaced"):
        await pool.publish("one", "a", "offer", {})
    await pool.join("one", "b", NOTHING, True)
    assert listener.resets == ["one"]


async def test_leaving_while_joining_leaves_no_ghost(pool: MediaPool) -> None:
    await pool.join("one", "a", NOTHING, True)
    os.kill(await worker_of(pool, "one"), signal.SIGKILL)
    await until(lambda: pool.describe()["workers_alive"] == 1)
    joining = asyncio.create_task(pool.join("one", "b", NOTHING, True))
    await until(lambda: pool.describe()["peers"] == 2)
    await pool.leave("one", "b")
    with pytest.raises(MediaError, match="left while joining"):
        await joining
    assert pool.describe()["peers"] == 1


async def test_every_worker_killed_at_once_comes_back(pool: MediaPool, listener: Listener) -> None:
    await pool.join("one", "a", NOTHING, True)
    await pool.join("two", "a", NOTHING, True)
    for pid in pids(pool):
        os.kill(pid, signal.SIGKILL)
    await until(lambda: sorted(listener.resets) == ["one", "two"])
    assert pool.describe()["workers_alive"] == 2


async def test_counters_survive_a_replacement(pool: MediaPool, listener: Listener) -> None:
    await pool.join("one", "a", NOTHING, True)
    await until(lambda: pool.describe()["packets_in"] == 14)
    assert await code(pool, "one", "exits") == "media-unavailable"
    await until(lambda: pool.describe()["packets_in"] == 21)
    assert pool.describe()["drops"] == {"muted": 6}


async def test_closing_leaves_no_process_and_refuses(listener: Listener) -> None:
    others = set(_children())
    pool = scripted()
    await pool.start(listener)
    await pool.join("one", "a", NOTHING, True)
    children = set(_children()) - others
    assert set(pids(pool)) <= children
    await asyncio.gather(pool.close(), pool.close())
    await pool.close()
    assert not [pid for pid in children if is_alive(pid)]
    assert await code(pool, "one", "a") == "media-unavailable"


async def test_closing_answers_those_under_way(listener: Listener) -> None:
    pool = scripted(1)
    await pool.start(listener)
    waiting = asyncio.create_task(pool.join("one", "silent", NOTHING, True))
    await until(lambda: processes(pool)[0]["pending"])
    await pool.close()
    with pytest.raises(MediaError) as refused:
        await waiting
    assert refused.value.code == "media-unavailable"


async def test_a_cancelled_close_still_ends_the_workers(listener: Listener) -> None:
    pool = scripted(1)
    await pool.start(listener)
    running = pids(pool)
    closing = asyncio.create_task(pool.close())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    await until(lambda: not any(map(is_alive, running)))
    await pool.close()


async def test_a_worker_that_cannot_bind_fails_the_start(listener: Listener) -> None:
    others = set(_children())
    pool = MediaPool([("refuse", "refuse")], 2, 0, log(), command=FAKE)
    with pytest.raises(MediaError, match="did not start"):
        await pool.start(listener)
    assert not [pid for pid in set(_children()) - others if is_alive(pid)]


async def test_a_cancelled_join_is_forgotten(pool: MediaPool) -> None:
    joining = asyncio.create_task(pool.join("one", "silent", NOTHING, True))
    await until(lambda: pool.describe()["peers"] == 1)
    joining.cancel()
    with pytest.raises(asyncio.CancelledError):
        await joining
    assert pool.describe()["rooms"] == 0


def _children() -> list[int]:
    tasks = Path(f"/proc/{os.getpid()}/task")
    return [int(pid) for task in tasks.iterdir() for pid in (task / "children").read_text().split()]
