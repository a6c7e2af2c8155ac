"""One film of many sealed files: each source at its moment, heard and seen."""

import io
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from media.recording.mix import HEIGHT, WIDTH, boxes
from media.recording.sealed import SealedFile
from media.recording.vault import Vault

KEY = bytes(range(32))


def source(folder: Path, name: str, offset_ms: int, seconds: float, level: int) -> dict[str, Any]:
    """A sealed file of one grey, or of a steady sound."""
    is_video = level > 0
    buffer = io.BytesIO()
    container: Any = av.open(buffer, "w", format="webm")
    if is_video:
        stream = container.add_stream("libvpx", rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
    else:
        stream = container.add_stream("libopus", rate=48_000)
        stream.layout = "stereo"
    for number in range(round(seconds * (10 if is_video else 50))):
        frame: Any
        if is_video:
            frame = av.VideoFrame(160, 120, "yuv420p")
            for plane, value in zip(frame.planes, (level, 128, 128), strict=True):
                plane.update(bytes([value]) * plane.buffer_size)
            frame.pts, frame.time_base = number, Fraction(1, 10)
        else:
            frame = av.AudioFrame("s16", "stereo", 960)
            wave = b"".join((9000 if i // 50 % 2 else -9000).to_bytes(2, "little", signed=True) * 2
                            for i in range(960))  # fmt: skip
            frame.planes[0].update(wave)
            frame.rate, frame.pts = 48_000, number * 960
            frame.time_base = Fraction(1, 48_000)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
    container.close()
    with SealedFile.create(folder / f"{name}.webm.sealed", KEY) as file:
        file.append(buffer.getvalue())
    return {
        "id": name, "codec": "V_VP8" if is_video else "A_OPUS",
        "offset_ms": offset_ms, "duration_ms": round(seconds * 1000),
    }  # fmt: skip


def luma(frame: Any, x: int, y: int) -> int:
    plane = frame.planes[0]
    return int(bytes(plane)[y * plane.line_size + x])


async def test_each_source_is_seen_and_heard_at_its_moment(tmp_path: Path) -> None:
    folder = tmp_path / "r1"
    folder.mkdir()
    files = [
        source(folder, "a", 0, 3.0, 200),
        source(folder, "b", 1000, 2.0, 80),
        source(folder, "c", 1500, 1.0, 0),
    ]
    shares: list[float] = []

    async def progressed(share: float) -> None:
        shares.append(share)

    vault = Vault(tmp_path)
    made: Mapping[str, int] = await vault.mix("r1", KEY, files, progressed)
    assert made["duration_ms"] == 3000
    assert shares
    data = await vault.read("r1", "mix", KEY, 0, made["bytes"])
    assert len(data) == made["bytes"]
    container: Any = av.open(io.BytesIO(data))
    with container:
        frames = list(container.decode(video=0))
    assert (frames[0].width, frames[0].height) == (WIDTH, HEIGHT)
    assert frames[-1].time == pytest.approx(2.93, abs=0.1)
    alone, both = frames[5], frames[30]
    assert luma(alone, WIDTH // 2, HEIGHT // 2) == pytest.approx(200, abs=12)
    assert luma(both, WIDTH // 4, HEIGHT // 2) == pytest.approx(200, abs=12)
    assert luma(both, 3 * WIDTH // 4, HEIGHT // 2) == pytest.approx(80, abs=12)
    container = av.open(io.BytesIO(data))
    with container:
        loud = [
            float(frame.time)
            for frame in container.decode(audio=0)
            if max(memoryview(bytes(frame.planes[0])).cast("f")[:400]) > 0.05
        ]
    assert loud[0] == pytest.approx(1.5, abs=0.1)
    assert loud[-1] == pytest.approx(2.5, abs=0.15)


async def test_a_file_that_was_altered_makes_no_film(tmp_path: Path) -> None:
    folder = tmp_path / "r1"
    folder.mkdir()
    file = source(folder, "a", 0, 1.0, 200)
    path = folder / "a.webm.sealed"
    path.write_bytes(b"x" + path.read_bytes()[1:])

    async def progressed(_: float) -> None:
        pass

    with pytest.raises(RuntimeError):
        await Vault(tmp_path).mix("r1", KEY, [file], progressed)


def test_tiles_fill_the_film_without_overlap() -> None:
    for count in range(1, 17):
        found = boxes(count)
        assert len(found) == count
        cells = {(box.left, box.top) for box in found}
        assert len(cells) == count
        assert all(b.left + b.width <= WIDTH and b.top + b.height <= HEIGHT for b in found)
