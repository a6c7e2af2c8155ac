"""The channel against a worker that misbehaves."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from media.channel import Channel
from media.process import WorkerProcess
from media.protocol import Event, Join, MediaError, PeerLost
from tests.media.pool.support import is_alive, until

FAKE = (sys.executable, str(Path(__file__).with_name("fake_worker.py")))


@pytest.fixture
async def worker() -> AsyncIterator[WorkerProcess]:
    process = await WorkerProcess.spawn(FAKE)
    yield process
    await process.end()
    assert not is_alive(process.pid)


async def join(worker: WorkerProcess, peer: str, timeout_s: float = 10.0) -> None:
    await worker.channel.request(Join("room", peer, frozenset(), False), timeout_s)


async def test_answers_find_their_request(worker: WorkerProcess) -> None:
    await join(worker, "anybody")
    assert worker.channel.pending == 0


async def test_an_answer_in_single_bytes_is_put_together(worker: WorkerProcess) -> None:
    await join(worker, "pieces")


async def test_a_refusal_keeps_its_code(worker: WorkerProcess) -> None:
    with pytest.raises(MediaError, match="no room") as refused:
        await join(worker, "refused")
    assert refused.value.code == "media-full"


async def test_the_deadline_refuses_and_the_channel_lives_on(worker: WorkerProcess) -> None:
    with pytest.raises(MediaError, match="in time") as late:
        await join(worker, "silent", timeout_s=0.01)
    assert late.value.code == "media-unavailable"
    assert worker.channel.pending == 0
    await join(worker, "anybody")


async def test_a_second_answer_to_one_request_is_dropped(worker: WorkerProcess) -> None:
    await join(worker, "twice")
    await join(worker, "anybody")


@pytest.mark.parametrize("peer", ["garbage", "oversized", "invented", "unknown-type"])
async def test_a_broken_frame_closes_the_channel(worker: WorkerProcess, peer: str) -> None:
    with pytest.raises(MediaError) as broken:
        await join(worker, peer)
    assert broken.value.code == "media-unavailable"
    assert "protocol error" in (await worker.channel.wait_closed() or "")


async def test_a_dead_worker_leaves_nobody_waiting(worker: WorkerProcess) -> None:
    with pytest.raises(MediaError, match="gone"):
        await join(worker, "exits")
    assert await worker.channel.wait_closed() == "worker hung up"
    with pytest.raises(MediaError, match="gone"):
        await join(worker, "anybody")


async def test_a_closed_channel_ends_the_worker_by_itself(worker: WorkerProcess) -> None:
    worker.channel.close()
    await until(lambda: not is_alive(worker.pid))


async def test_a_frame_past_the_limit_is_never_sent(worker: WorkerProcess) -> None:
    with pytest.raises(MediaError, match="frame limit"):
        await join(worker, "x" * 2**20)
    assert worker.channel.pending == 0
    await join(worker, "anybody")


async def test_events_arrive_in_order_before_the_answer(worker: WorkerProcess) -> None:
    heard: list[Event] = []
    worker.listen(heard.append)
    await join(worker, "speaks")
    assert [event.peer for event in heard if isinstance(event, PeerLost)] == [
        "stranger",
        "speaks",
        "speaks",
    ]


async def test_a_full_pending_map_refuses(
    worker: WorkerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("media.channel.PENDING_MAX", 0)
    with pytest.raises(MediaError, match="overloaded"):
        await join(worker, "anybody")
    assert isinstance(worker.channel, Channel)
