"""What a worker sends to the recorder, and back: frames of a 4-byte length and a kind."""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass

FRAME_BYTES_MAX = 64 * 1024
_PACKET = struct.Struct("!IcdQ")
_REPORT = struct.Struct("!Icd")
_SSRC = struct.Struct("!IcI")


@dataclass(frozen=True, slots=True)
class Hello:
    """First of all: the recording this connection feeds."""

    recording: str


@dataclass(frozen=True, slots=True)
class Begin:
    """A stream begins."""

    ssrc: int
    peer: str
    source: str
    codec: str  # lower case: vp8, opus
    clock_rate: int


@dataclass(frozen=True, slots=True)
class Rtp:
    """A packet without its protection; `index` is its sequence number, extended."""

    arrived_s: float
    index: int
    packet: bytes


@dataclass(frozen=True, slots=True)
class Rtcp:
    """A compound packet of the sender's reports."""

    arrived_s: float
    compound: bytes


@dataclass(frozen=True, slots=True)
class End:
    """A stream is over."""

    ssrc: int


@dataclass(frozen=True, slots=True)
class KeyframeWanted:
    """Recorder → worker: this stream needs a key frame."""

    ssrc: int


Message = Hello | Begin | Rtp | Rtcp | End | KeyframeWanted


def hello(recording: str) -> bytes:
    """Encode Hello."""
    body = recording.encode()
    return struct.pack("!Ic", 1 + len(body), b"H") + body


def begin(ssrc: int, peer: str, source: str, codec: str, clock_rate: int) -> bytes:
    """Encode Begin."""
    body = json.dumps([ssrc, peer, source, codec, clock_rate]).encode()
    return struct.pack("!Ic", 1 + len(body), b"B") + body


def rtp_head(size: int, arrived_s: float, index: int) -> bytes:
    """What comes before a packet of this many bytes (hot path)."""
    return _PACKET.pack(17 + size, b"P", arrived_s, index)


def rtcp(arrived_s: float, compound: bytes) -> bytes:
    """Encode Rtcp."""
    return _REPORT.pack(9 + len(compound), b"R", arrived_s) + compound


def end(ssrc: int) -> bytes:
    """Encode End."""
    return _SSRC.pack(5, b"E", ssrc)


def keyframe_wanted(ssrc: int) -> bytes:
    """Encode KeyframeWanted."""
    return _SSRC.pack(5, b"K", ssrc)


class Decoder:
    """Bytes in, messages out; raises ValueError once, then the connection must close."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """Complete messages after these bytes."""
        self._buffer += data
        at = 0
        try:
            while len(self._buffer) - at >= 4:
                size = int.from_bytes(self._buffer[at : at + 4], "big")
                if not 0 < size <= FRAME_BYTES_MAX:
                    raise ValueError("a frame of an impossible size")
                if len(self._buffer) - at < 4 + size:
                    break
                body = bytes(self._buffer[at + 4 : at + 4 + size])
                at += 4 + size
                yield _message(body)
        finally:
            del self._buffer[:at]


def _message(body: bytes) -> Message:
    kind, rest = body[:1], body[1:]
    try:
        match kind:
            case b"P":
                arrived_s, index = struct.unpack_from("!dQ", rest)
                return Rtp(arrived_s, index, rest[16:])
            case b"R":
                return Rtcp(struct.unpack_from("!d", rest)[0], rest[8:])
            case b"H":
                return Hello(rest.decode())
            case b"E":
                return End(*struct.unpack("!I", rest))
            case b"K":
                return KeyframeWanted(*struct.unpack("!I", rest))
            case b"B":
                ssrc, peer, source, codec, rate = json.loads(rest)
                return Begin(int(ssrc), str(peer), str(source), str(codec), int(rate))
    except (struct.error, TypeError, UnicodeDecodeError) as error:
        raise ValueError("a frame that cannot be read") from error
    raise ValueError("a frame of an unknown kind")
