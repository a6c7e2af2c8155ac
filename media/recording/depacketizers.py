"""Frames out of RTP payloads: VP8 (RFC 7741) and Opus (RFC 7587)."""

from dataclasses import dataclass
from typing import Protocol

from media.recording.sequencer import Packet

FRAME_BYTES_MAX = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Encoded:
    """A frame on its stream's own clock."""

    timestamp: int
    is_key: bool
    data: bytes
    arrived_s: float
    width: int = 0  # told by key frames
    height: int = 0


class Depacketizer(Protocol):
    """Fed with packets in order."""

    needs_key: bool
    """Nothing comes out until a key frame."""

    def add(self, packet: Packet | None) -> Encoded | None:
        """The frame that this packet completes; None in place of a packet says it is lost."""
        ...


class OpusDepacketizer:
    """One packet is one frame."""

    needs_key = False

    def add(self, packet: Packet | None) -> Encoded | None:
        """What the packet holds."""
        if packet is None or not packet.payload:
            return None
        return Encoded(packet.timestamp, True, packet.payload, packet.arrived_s)


class Vp8Depacketizer:
    """A picture that lacks a packet is left out, with all that build on it: no false picture."""

    def __init__(self) -> None:
        self.needs_key = True
        self._parts: list[bytes] = []
        self._size = 0
        self._timestamp = -1

    def add(self, packet: Packet | None) -> Encoded | None:
        """The picture that this packet completes."""
        if packet is not None and not packet.payload:
            return None  # padding
        if packet is None or not self._gather(packet):
            self._clear()
            self.needs_key = True
            return None
        return self._complete(packet) if packet.is_last else None

    def _gather(self, packet: Packet) -> bool:
        """Whether nothing is missing."""
        try:
            is_start, body = strip_descriptor(packet.payload)
        except ValueError:
            return False
        if is_start:
            if self._parts:  # the last packet of the one before never came
                self._clear()
                self.needs_key = True
            self._timestamp = packet.timestamp
        elif not self._parts or packet.timestamp != self._timestamp:
            return False
        self._parts.append(body)
        self._size += len(body)
        return self._size <= FRAME_BYTES_MAX

    def _complete(self, packet: Packet) -> Encoded | None:
        data = b"".join(self._parts)
        self._clear()
        size = picture_size(data)
        if size is None and self.needs_key:
            return None
        self.needs_key = False
        width, height = size or (0, 0)
        return Encoded(packet.timestamp, size is not None, data, packet.arrived_s, width, height)

    def _clear(self) -> None:
        self._parts = []
        self._size = 0


def strip_descriptor(payload: bytes) -> tuple[bool, bytes]:
    """(whether a picture starts, the rest); raises ValueError when cut short (RFC 7741 §4.2)."""
    at = 1
    if payload[0] & 0x80:
        flags = payload[at] if at < len(payload) else 0
        at += 1
        if flags & 0x80:
            at += 2 if at < len(payload) and payload[at] & 0x80 else 1
        at += bool(flags & 0x40) + bool(flags & 0x30)
    if at >= len(payload):
        raise ValueError("the VP8 descriptor is cut short")
    return payload[0] & 0x17 == 0x10, payload[at:]


def picture_size(frame: bytes) -> tuple[int, int] | None:
    """Width and height of a VP8 key frame; None for others (RFC 6386 §9.1)."""
    if len(frame) < 10 or frame[0] & 1 or frame[3:6] != b"\x9d\x01\x2a":
        return None
    width = (frame[6] | frame[7] << 8) & 0x3FFF
    height = (frame[8] | frame[9] << 8) & 0x3FFF
    return (width, height) if width and height else None
