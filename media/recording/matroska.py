"""WebM files of one track: written as a stream, completed in place, looked through (RFC 9559)."""

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from media.recording import ebml

EBML, SEGMENT, SEEK_HEAD, INFO, TRACKS, CUES = (
    0x1A45DFA3, 0x18538067, 0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1C53BB6B,
)  # fmt: skip
CLUSTER, TIMESTAMP, SIMPLE_BLOCK = 0x1F43B675, 0xE7, 0xA3
DATE, TITLE, DURATION = 0x4461, 0x7BA9, 0x4489
TRACK_ENTRY, TRACK_NAME, CODEC_ID = 0xAE, 0x536E, 0x86
EPOCH_NS = 978_307_200_000_000_000  # 2001-01-01, from which Matroska counts
HEAD_MAX = 4096
_SEEK_BYTES = 80
_CLUSTER_SIZE_BYTES = 4
_KEY = 0x80
_BLOCK = struct.Struct("!BhB")

Read = Callable[[int, int], bytes]
"""(offset, most bytes) → the bytes there."""


@dataclass(frozen=True, slots=True)
class Frame:
    """An encoded picture, or 20 ms or so of sound."""

    at_ms: int  # since the first frame of the file
    is_key: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class Track:
    """What a file says of itself before the first frame."""

    codec: str  # "V_VP8" or "A_OPUS"
    name: str
    title: str
    began_ns: int  # since 1970, of the first frame
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Cue:
    """A place to begin at."""

    at_ms: int
    position: int  # of the cluster, in the segment's body


@dataclass(frozen=True, slots=True)
class Contents:
    """What looking through a file finds."""

    track: Track
    duration_ms: int
    end: int  # after the last whole cluster
    cues: tuple[Cue, ...]


def head(track: Track, duration_ms: int = 0, segment_bytes: int = -1, cues_at: int = -1) -> bytes:
    """All before the first cluster; as long with the last three as without them."""
    opening = _opening()
    info, tracks = _info(track, duration_ms), _tracks(track)
    info_at = _SEEK_BYTES
    seek = ebml.void(_SEEK_BYTES)
    if cues_at >= 0:
        places = ((INFO, info_at), (TRACKS, info_at + len(info)), (CUES, cues_at))
        body = b"".join(_seek(tag, at) for tag, at in places)
        seek = ebml.element(SEEK_HEAD, body)
        seek += ebml.void(_SEEK_BYTES - len(seek))
    size = ebml.UNKNOWN_SIZE if segment_bytes < 0 else ebml.vint(segment_bytes, 8)
    return opening + SEGMENT.to_bytes(4, "big") + size + seek + info + tracks


def body_at() -> int:
    """Where the segment's body begins: cues and seeks count from there."""
    return len(_opening()) + 4 + 8


def cluster(frames: Sequence[Frame]) -> bytes:
    """Frames of at most 30 s; raises ValueError when they are more."""
    base = frames[0].at_ms
    parts = [ebml.uint(TIMESTAMP, base, 8)]
    for frame in frames:
        since = frame.at_ms - base
        if not 0 <= since <= 30_000:
            raise ValueError("a cluster spans too much")
        block = _BLOCK.pack(0x81, since, _KEY if frame.is_key else 0)
        parts.append(ebml.element(SIMPLE_BLOCK, block + frame.data))
    return ebml.element(CLUSTER, b"".join(parts), _CLUSTER_SIZE_BYTES)


def cues(places: Iterable[Cue]) -> bytes:
    """The index, at the end of the file."""
    points = (
        ebml.element(
            0xBB,
            ebml.uint(0xB3, cue.at_ms)
            + ebml.element(0xB7, ebml.uint(0xF7, 1) + ebml.uint(0xF1, cue.position)),
        )
        for cue in places
    )
    return ebml.element(CUES, b"".join(points))


def look_through(read: Read, size: int) -> Contents:
    """Go from cluster to cluster up to where the file ends or is torn; raises ValueError."""
    track, at = _read_head(read(0, HEAD_MAX))
    found: list[Cue] = []
    last = (0, 0)
    while (place := _cluster_at(read, at, size)) is not None:
        end, at_ms, is_key = place
        if is_key:
            found.append(Cue(at_ms, at - body_at()))
        last, at = (at, end), end
    duration_ms = _last_ms(read(last[0], last[1] - last[0])) if last[1] else 0
    return Contents(track, duration_ms, at, tuple(found))


def completed(contents: Contents) -> tuple[bytes, bytes]:
    """(the head anew, what to write at `contents.end`) for a file that may be sought in."""
    index = cues(contents.cues)
    cues_at = contents.end - body_at()
    again = head(contents.track, contents.duration_ms, cues_at + len(index), cues_at)
    return again, index


def _opening() -> bytes:
    body = (
        ebml.uint(0x4286, 1), ebml.uint(0x42F7, 1), ebml.uint(0x42F2, 4), ebml.uint(0x42F3, 8),
        ebml.text(0x4282, "webm"), ebml.uint(0x4287, 4), ebml.uint(0x4285, 2),
    )  # fmt: skip
    return ebml.element(EBML, b"".join(body))


def _seek(tag: int, at: int) -> bytes:
    return ebml.element(
        0x4DBB, ebml.element(0x53AB, tag.to_bytes(4, "big")) + ebml.uint(0x53AC, at, 8)
    )


def _info(track: Track, duration_ms: int) -> bytes:
    duration = ebml.double(DURATION, duration_ms) if duration_ms else ebml.void(11)
    body = (
        ebml.uint(0x2AD7B1, 1_000_000), duration, ebml.sint64(DATE, track.began_ns - EPOCH_NS),
        ebml.text(TITLE, track.title),
        ebml.text(0x4D80, "Guardline"), ebml.text(0x5741, "Guardline"),
    )  # fmt: skip
    return ebml.element(INFO, b"".join(body))


def _tracks(track: Track) -> bytes:
    is_video = track.codec.startswith("V_")
    body = [
        ebml.uint(0xD7, 1), ebml.uint(0x73C5, 1), ebml.uint(0x83, 1 if is_video else 2),
        ebml.uint(0x9C, 0), ebml.text(TRACK_NAME, track.name), ebml.text(CODEC_ID, track.codec),
    ]  # fmt: skip
    if is_video:
        size = ebml.uint(0xB0, track.width, 2) + ebml.uint(0xBA, track.height, 2)
        body.append(ebml.element(0xE0, size))
    else:
        body += [
            ebml.uint(0x56AA, 0), ebml.uint(0x56BB, 80_000_000), ebml.element(0x63A2, _opus_head()),
            ebml.element(0xE1, ebml.double(0xB5, 48_000.0) + ebml.uint(0x9F, 2)),
        ]  # fmt: skip
    return ebml.element(TRACKS, ebml.element(TRACK_ENTRY, b"".join(body)))


def _opus_head() -> bytes:
    """RFC 7845 §5.1: version, channels, pre-skip, rate, gain, mapping."""
    return b"OpusHead" + struct.pack("<BBHIhB", 1, 2, 0, 48_000, 0, 0)


def _read_head(data: bytes) -> tuple[Track, int]:
    """The track and where the first cluster begins; raises ValueError for files not ours."""
    tag, size, at = ebml.read_head(data, 0)
    if tag != EBML or at + size != body_at() - 12:
        raise ValueError("not one of our files")
    at = body_at()
    values: dict[int, bytes] = {}
    while True:
        tag, size, body = ebml.read_head(data, at)
        at = body + size
        if size < 0 or at > len(data):
            raise ValueError("the head is cut short")
        if tag == INFO:
            values |= dict(ebml.children(data[body:at]))
        if tag == TRACKS:
            entry = dict(ebml.children(data[body:at]))[TRACK_ENTRY]
            values |= dict(ebml.children(entry))
            return _track(values), at


def _track(values: dict[int, bytes]) -> Track:
    picture = dict(ebml.children(values.get(0xE0, b"")))
    return Track(
        codec=values[CODEC_ID].decode(),
        name=values[TRACK_NAME].decode(),
        title=values[TITLE].decode(),
        began_ns=int.from_bytes(values[DATE], "big", signed=True) + EPOCH_NS,
        width=int.from_bytes(picture.get(0xB0, b""), "big"),
        height=int.from_bytes(picture.get(0xBA, b""), "big"),
    )


def _cluster_at(read: Read, at: int, size: int) -> tuple[int, int, bool] | None:
    """(its end, its time, whether it begins with a key frame); None when there is no whole one."""
    start = read(at, 64)
    try:
        tag, length, body = ebml.read_head(start, 0)
        if tag != CLUSTER or length < 0 or at + body + length > size:
            return None
        tag, width, value = ebml.read_head(start, body)
        at_ms = int.from_bytes(start[value : value + width], "big")
        _, _, block = ebml.read_head(start, value + width)
    except ValueError:
        return None
    return at + body + length, at_ms, bool(start[block + 3] & _KEY)


def _last_ms(data: bytes) -> int:
    """When the last frame of a cluster ends, as long as the one before it lasted."""
    _, size, at = ebml.read_head(data, 0)
    times: list[int] = []
    base = 0
    for tag, body in ebml.children(data[at : at + size]):
        if tag == TIMESTAMP:
            base = int.from_bytes(body, "big")
        elif tag == SIMPLE_BLOCK:
            times.append(base + _BLOCK.unpack_from(body)[1])
    return times[-1] + (times[-1] - times[-2] if len(times) > 1 else 20)
