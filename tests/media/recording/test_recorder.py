"""A real worker and a real recorder: what aiortc publishes is on the disk, sealed and in step."""

import asyncio
import io
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aioice.ice
import av
import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

from media.pool import MediaPool
from media.protocol import MediaError
from media.recording.sealed import SealedFile
from tests.media.pool.support import LOOPBACK, Listener, is_alive, log, pids, until
from tests.media.worker.test_aiortc import SOURCES, connection

KEY = bytes(range(32))


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """aioice leaves the loopback address out of its candidates."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda **_: ["127.0.0.1"])


@asynccontextmanager
async def call(folder: Path, *names: str) -> AsyncIterator[MediaPool]:
    """People who publish into the room."""
    pool = MediaPool(LOOPBACK, 1, 0, log(), recordings=folder)
    await pool.start(Listener())
    ends = []
    try:
        for name in names:
            await pool.join("room", name, SOURCES, False)
            ends.append(await publish(pool, name))
        yield pool
    finally:
        for end in ends:
            await end.close()
        await pool.close()


async def publish(pool: MediaPool, name: str) -> RTCPeerConnection:
    end = connection()
    end.addTransceiver(AudioStreamTrack(), direction="sendonly")
    end.addTransceiver(VideoStreamTrack(), direction="sendonly")
    await end.setLocalDescription(await end.createOffer())
    mids = {
        str(one.mid): "microphone" if one.kind == "audio" else "camera"
        for one in end.getTransceivers()
    }
    answer = await pool.publish("room", name, end.localDescription.sdp, mids)
    await end.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    return end


def sealed(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.sealed"))


def grown(folder: Path, files: int, size: int) -> bool:
    return sum(path.stat().st_size > size for path in sealed(folder)) >= files


def content(path: Path) -> io.BytesIO:
    with SealedFile.open(path, KEY) as file:
        return io.BytesIO(file.read(0, file.size))


def frames(path: Path) -> list[float]:
    container: Any = av.open(content(path))
    with container:
        return [float(frame.time or 0) for frame in container.decode(container.streams[0])]


def recorder_of(pool: MediaPool) -> int:
    process: Any = pool._recorders and pool._recorders._process
    return int(process.pid)


async def test_who_is_recorded_is_on_the_disk_and_nobody_else(tmp_path: Path) -> None:
    async with call(tmp_path, "anna", "bruno") as pool:
        await pool.record("room", "r1", KEY, frozenset({"anna"}))
        await until(lambda: grown(tmp_path, 2, 1200), 30)
        files = await pool.finish_recording("room", "r1", KEY)
        assert {(one["peer"], one["source"]) for one in files} == {
            ("anna", "camera"),
            ("anna", "microphone"),
        }
        began = [one["began_ns"] for one in files]
        assert abs(began[0] - began[1]) < 1_500_000_000
        for one in files:
            times = frames(tmp_path / "r1" / f"{one['file']}.webm.sealed")
            assert len(times) > 10
            assert times == sorted(times)
            assert times[-1] == pytest.approx(one["duration_ms"] / 1000, abs=0.3)
        assert all(b"webm" not in path.read_bytes() for path in sealed(tmp_path))
        assert await pool.finish_recording("room", "r1", KEY) == files
        await until(lambda: pool.describe()["drops"] == {})


async def test_who_agrees_later_joins_and_who_withdraws_stops(tmp_path: Path) -> None:
    async with call(tmp_path, "anna", "bruno") as pool:
        await pool.record("room", "r1", KEY, frozenset())
        await pool.record("room", "r1", KEY, frozenset({"anna"}))
        await until(lambda: grown(tmp_path, 2, 500), 30)
        await pool.record("room", "r1", KEY, frozenset({"bruno"}))
        await until(lambda: grown(tmp_path, 4, 500), 30)
        files = await pool.finish_recording("room", "r1", KEY)
        assert sorted(one["peer"] for one in files) == ["anna", "anna", "bruno", "bruno"]


@pytest.mark.parametrize("victim", ["recorder", "worker"])
async def test_what_was_written_before_a_kill_plays(tmp_path: Path, victim: str) -> None:
    async with call(tmp_path, "anna") as pool:
        await pool.record("room", "r1", KEY, frozenset({"anna"}))
        await until(lambda: grown(tmp_path, 2, 1200), 30)
        before = set(sealed(tmp_path))
        lost = recorder_of(pool) if victim == "recorder" else pids(pool)[0]
        os.kill(lost, signal.SIGKILL)
        await until(lambda: not is_alive(lost))
        if victim == "recorder":  # the call goes on, into new files
            await until(lambda: grown(tmp_path, 4, 500), 30)
        files = await pool.finish_recording("room", "r1", KEY)
        assert before <= {tmp_path / "r1" / f"{one['file']}.webm.sealed" for one in files}
        assert all(len(frames(path)) > 5 for path in before)


async def test_nothing_is_on_the_disk_and_no_recorder_runs_unless_asked(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    async with call(folder, "anna") as pool:
        await until(lambda: int(str(pool.describe()["packets_in"])) > 100, 20)
        assert not folder.exists()
        assert pool._recorders is not None
        assert pool._recorders._process is None


async def test_without_a_folder_nothing_is_recorded() -> None:
    pool = MediaPool(LOOPBACK, 1, 0, log())
    await pool.start(Listener())
    try:
        await pool.join("room", "anna", SOURCES, False)
        with pytest.raises(MediaError, match="media-unavailable"):
            await pool.record("room", "r1", KEY, frozenset())
        with pytest.raises(MediaError, match="room-unknown"):
            await pool.record("elsewhere", "r1", KEY, frozenset())
    finally:
        await pool.close()
    await asyncio.wait_for(pool.close(), 5)
