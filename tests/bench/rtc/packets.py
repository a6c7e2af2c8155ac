"""RTP and RTCP as bytes: what the generator sends, and how it knows its own again."""

import struct
from collections.abc import Mapping, Sequence

MAGIC = b"\xc0\xff\xee\x42"
# magic, publisher, stream (0 audio, 1 video), counter, send time (ns, CLOCK_REALTIME)
PROBE = struct.Struct("!4sHHIQ")
KEYFRAME = b"\x50\x00\x00\x9d\x01\x2a\x80\x02\x68\x01"  # RFC 6386 §9.1: 640×360
INTERFRAME = b"\x51\x00\x00"


def rtp(
    payload_type: int, marker: bool, sequence: int, timestamp: int, ssrc: int, extension: bytes
) -> bytes:
    """The header of RFC 3550 §5.1 with an already encoded extension block."""
    second = payload_type | (0x80 if marker else 0)
    first = 0x90 if extension else 0x80
    header = struct.pack("!BBHII", first, second, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
    return header + extension


def extension_block(values: Mapping[int, bytes]) -> bytes:
    """One-byte header extensions (RFC 8285 §4.2)."""
    body = b"".join(bytes([(i << 4) | (len(v) - 1)]) + v for i, v in values.items())
    body += bytes(-len(body) % 4)
    return struct.pack("!HH", 0xBEDE, len(body) // 4) + body if body else b""


def extension(packet: bytes, number: int) -> bytes | None:
    """The value of a one-byte header extension, or None."""
    if not packet[0] & 0x10:
        return None
    at = 12 + 4 * (packet[0] & 0x0F)
    profile, words = struct.unpack_from("!HH", packet, at)
    at, end = at + 4, at + 4 + 4 * words
    while profile == 0xBEDE and at < end:
        head = packet[at]
        if head == 0:
            at += 1
            continue
        size = (head & 0x0F) + 1
        if head >> 4 == number:
            return packet[at + 1 : at + 1 + size]
        at += 1 + size
    return None


def vp8_descriptor(is_start: bool, picture_id: int) -> bytes:
    """RFC 7741 §4.2 with a 15-bit picture id."""
    return bytes([0x90 if is_start else 0x80, 0x80]) + struct.pack(
        "!H", 0x8000 | (picture_id & 0x7FFF)
    )


def sender_report(
    ssrc: int, ntp: int, timestamp: int, packets: int, octets: int, cname: bytes
) -> bytes:
    """A compound SR + SDES (RFC 3550 §6.4.1)."""
    report = struct.pack(
        "!BBHIQIII", 0x80, 200, 6, ssrc, ntp, timestamp & 0xFFFFFFFF, packets, octets
    )
    item = struct.pack("!IBB", ssrc, 1, len(cname)) + cname + b"\x00"
    item += bytes(-len(item) % 4)
    return report + struct.pack("!BBH", 0x81, 202, len(item) // 4) + item


def receiver_report(ssrc: int, highest: Mapping[int, int]) -> bytes:
    """An RR without loss for up to 31 streams (RFC 3550 §6.4.2): source → highest sequence."""
    blocks = b"".join(
        struct.pack("!IIIIII", source, 0, sequence, 0, 0, 0)
        for source, sequence in list(highest.items())[:31]
    )
    count = len(blocks) // 24
    return struct.pack("!BBHI", 0x80 | count, 201, 1 + 6 * count, ssrc) + blocks


def transport_feedback(
    ssrc: int, media: int, count: int, arrivals: Sequence[tuple[int, int]]
) -> bytes:
    """Transport-cc feedback (draft-holmer §3.1); arrivals: (wide sequence, time in µs), sorted."""
    base = arrivals[0][0]
    times = dict(arrivals)
    reference = arrivals[0][1] // 64000
    last = reference * 64000
    symbols, deltas = [], b""
    for sequence in range(base, arrivals[-1][0] + 1):
        if sequence not in times:
            symbols.append(0)
            continue
        delta = (times[sequence] - last) // 250
        last += delta * 250
        is_small = 0 <= delta <= 255
        symbols.append(1 if is_small else 2)
        clipped = max(-32768, min(32767, delta))
        deltas += struct.pack("!B", delta) if is_small else struct.pack("!h", clipped)
    body = struct.pack("!IIHH", ssrc, media, base & 0xFFFF, len(symbols))
    body += struct.pack("!I", ((reference & 0xFFFFFF) << 8) | (count & 0xFF))
    body += b"".join(_status_chunk(symbols[i : i + 7]) for i in range(0, len(symbols), 7))
    body += deltas
    body += bytes(-len(body) % 4)
    return struct.pack("!BBH", 0x8F, 205, len(body) // 4) + body


def _status_chunk(symbols: Sequence[int]) -> bytes:
    chunk = 0xC000
    for place, symbol in enumerate(symbols):
        chunk |= symbol << (12 - 2 * place)
    return struct.pack("!H", chunk)


def wants_keyframe(packet: bytes) -> bool:
    """Whether a compound RTCP packet holds a PLI or FIR."""
    at = 0
    while at + 4 <= len(packet):
        first, kind, words = struct.unpack_from("!BBH", packet, at)
        if kind == 206 and first & 0x1F in (1, 4):
            return True
        at += 4 + 4 * words
    return False
