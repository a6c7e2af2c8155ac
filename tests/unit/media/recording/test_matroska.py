"""Files that players open, that are complete after a crash, and that can be sought in."""

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.recording import ebml, matroska
from media.recording.matroska import Contents, Frame, Track
from media.recording.sealed import SealedFile
from media.recording.track import complete

KEY = bytes(32)
BEGAN_NS = 1_795_000_000_123_000_000
SOUND = Track("A_OPUS", "microphone", "peer", BEGAN_NS)
PICTURE = Track("V_VP8", "camera", "peer", BEGAN_NS, 320, 240)


def encoded(codec: str, frames: list[Any], **options: Any) -> list[Frame]:
    """What an encoder makes of frames, with the times of its packets."""
    context: Any = av.CodecContext.create(codec, "w")
    for name, value in options.items():
        setattr(context, name, value)
    packets = [packet for frame in [*frames, None] for packet in context.encode(frame)]
    return [Frame(round(p.pts * p.time_base * 1000), p.is_keyframe, bytes(p)) for p in packets]


@pytest.fixture(scope="module")
def pictures() -> list[Frame]:
    frames = [av.VideoFrame(320, 240, "yuv420p") for _ in range(60)]
    for number, frame in enumerate(frames):
        frame.pts = number
        for plane in frame.planes:
            plane.update(bytes([number * 4]) * plane.buffer_size)
    return encoded(
        "libvpx", frames, width=320, height=240, pix_fmt="yuv420p",
        framerate=20, time_base=Fraction(1, 20), gop_size=20,
    )  # fmt: skip


def clusters(frames: list[Frame]) -> list[bytes]:
    """As a track makes them: each key frame begins one."""
    groups: list[list[Frame]] = []
    for frame in frames:
        if frame.is_key or not groups:
            groups.append([])
        groups[-1].append(frame)
    return [matroska.cluster(group) for group in groups]


def looked_through(data: bytes) -> Contents:
    return matroska.look_through(lambda at, size: data[at : at + size], len(data))


def opened(data: bytes) -> Any:
    return av.open(io.BytesIO(data))


def test_a_player_reads_every_picture_at_its_time(pictures: list[Frame]) -> None:
    data = matroska.head(PICTURE) + b"".join(clusters(pictures))
    with opened(data) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("vp8", 320, 240)
        times = [round(frame.time * 1000) for frame in container.decode(stream)]
    assert times == [frame.at_ms for frame in pictures]


def test_completed_it_has_a_length_and_can_be_sought_in(pictures: list[Frame]) -> None:
    data = matroska.head(PICTURE) + b"".join(clusters(pictures))
    contents = looked_through(data)
    head, index = matroska.completed(contents)
    data = head + data[len(head) :] + index
    with opened(data) as container:
        assert container.duration == 3_000_000
        container.seek(2_500_000)
        assert next(container.decode(video=0)).time == 2.0


def test_the_head_keeps_its_length_and_tells_its_track() -> None:
    for track in (SOUND, PICTURE):
        early = matroska.head(track)
        late = matroska.head(track, 5000, 10**12, 10**11)
        assert len(early) == len(late)
        for data in (early, late):
            assert looked_through(data) == Contents(track, 0, len(data), ())


@given(st.data())
def test_a_file_cut_anywhere_keeps_its_whole_clusters(data: st.DataObject) -> None:
    frames = [Frame(at * 20, True, bytes([at]) * 50) for at in range(40)]
    parts = [matroska.cluster(frames[i : i + 10]) for i in range(0, 40, 10)]
    head = matroska.head(SOUND)
    whole = head + b"".join(parts)
    cut = data.draw(st.integers(len(head), len(whole)))
    contents = looked_through(whole[:cut])
    count = len(contents.cues)
    assert contents.end == len(head) + sum(map(len, parts[:count]))
    assert contents.duration_ms == count * 200
    assert cut < contents.end + 600


def test_completing_twice_changes_nothing(tmp_path: Path, pictures: list[Frame]) -> None:
    path = tmp_path / "a.webm.sealed"
    with SealedFile.create(path, KEY) as file:
        file.append(matroska.head(PICTURE))
        for part in clusters(pictures):
            file.append(part)
        file.append(clusters(pictures)[0][:-7])  # the crash came here
    first = complete(path, KEY)
    with SealedFile.open(path, KEY) as file:
        before = file.read(0, file.size)
    assert complete(path, KEY) == first
    with SealedFile.open(path, KEY) as file:
        after = file.read(0, file.size)
    assert before == after
    with opened(after) as container:
        assert len(list(container.decode(video=0))) == 60


@pytest.mark.parametrize("data", [b"", b"RIFF" + bytes(60), matroska.head(SOUND)[:90]])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        looked_through(data)


@given(st.integers(0, 2**56 - 2))
def test_sizes_read_back(value: int) -> None:
    data = ebml.vint(value)
    assert ebml.read_vint(data, 0) == (value, len(data))
    assert ebml.read_vint(ebml.vint(value, 8), 0) == (value, 8)
