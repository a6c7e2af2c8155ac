"""RTP headers and their extensions, read in place (RFC 3550 §5.1, RFC 8285)."""

import struct
from collections.abc import Iterator

FIXED = struct.Struct("!BBHII")  # V/P/X/CC, M/PT, sequence, timestamp, SSRC
FIXED_BYTES = 12
NUMBERED = struct.Struct("!BBHIIHHBHx")  # and an extension of one number of two bytes
ONE_BYTE_PROFILE = 0xBEDE
TWO_BYTE_PROFILE = 0x1000
MARKER = 0x80

Bytes = bytes | bytearray | memoryview


def is_rtcp(second_byte: int) -> bool:
    """Whether the packet is RTCP by its second byte (RFC 5761 §4)."""
    return 192 <= second_byte <= 223


def header_length(packet: Bytes) -> int:
    """Bytes before the payload; raises ValueError when the packet is no RTP."""
    size = len(packet)
    if size < FIXED_BYTES or packet[0] >> 6 != 2:
        raise ValueError("not an RTP packet")
    first = packet[0]
    length = FIXED_BYTES + 4 * (first & 0x0F)
    if first & 0x10:
        if size < length + 4:
            raise ValueError("RTP extension header is cut short")
        length += 4 + 4 * (packet[length + 2] << 8 | packet[length + 3])
    if size < length:
        raise ValueError("RTP header is cut short")
    return length


def extensions(packet: Bytes, length: int) -> Iterator[tuple[int, int, int]]:
    """(id, offset of data, bytes of data) of each element of a header of this length."""
    if not packet[0] & 0x10:
        return
    start = FIXED_BYTES + 4 * (packet[0] & 0x0F)
    profile = packet[start] << 8 | packet[start + 1]
    if profile == ONE_BYTE_PROFILE:
        yield from _one_byte(packet, start + 4, length)
    elif profile & 0xFFF0 == TWO_BYTE_PROFILE:
        yield from _two_byte(packet, start + 4, length)


def layout_mask(packet: Bytes, length: int) -> int:
    """The bits after the fixed header that are not data of an element, as a big-endian number.

    Headers of this length that agree in them have the same elements in the same places.
    """
    mask = bytearray(b"\xff" * (length - FIXED_BYTES))
    for _, at, size in extensions(packet, length):
        mask[at - FIXED_BYTES : at - FIXED_BYTES + size] = bytes(size)
    return int.from_bytes(mask, "big")


def _one_byte(packet: Bytes, position: int, end: int) -> Iterator[tuple[int, int, int]]:
    while position < end:
        tag = packet[position]
        if tag == 0:
            position += 1
            continue
        size = (tag & 0x0F) + 1
        if tag >> 4 == 15 or position + 1 + size > end:
            return
        yield tag >> 4, position + 1, size
        position += 1 + size


def _two_byte(packet: Bytes, position: int, end: int) -> Iterator[tuple[int, int, int]]:
    while position < end:
        if packet[position] == 0:
            position += 1
            continue
        if position + 2 > end or position + 2 + packet[position + 1] > end:
            return
        yield packet[position], position + 2, packet[position + 1]
        position += 2 + packet[position + 1]


def unpadded(payload: bytes, first_byte: int) -> bytes:
    """The payload without its padding; raises ValueError when the padding is impossible."""
    if not first_byte & 0x20:
        return payload
    if not payload or not 0 < payload[-1] <= len(payload):
        raise ValueError("RTP padding is impossible")
    return payload[: -payload[-1]]
