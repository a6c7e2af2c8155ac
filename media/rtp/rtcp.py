"""RTCP packets, read and written (RFC 3550 §6, RFC 4585 §6, RFC 5104 §4.3.1)."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from media.rtp.reception import ReportBlock

SR, RR, SDES, BYE, RTPFB, PSFB = 200, 201, 202, 203, 205, 206
NACK, TRANSPORT_CC = 1, 15
PLI, FIR, APPLICATION = 1, 4, 15

_BLOCK = struct.Struct("!IIIIII")
_WORDS = struct.Struct("!II")


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet of a compound: type, count or format, and what follows the header."""

    kind: int
    count: int
    body: bytes


def parse(compound: bytes) -> Iterator[Packet]:
    """The packets of a compound; raises ValueError where it is malformed."""
    position = 0
    while position < len(compound):
        if position + 4 > len(compound) or compound[position] >> 6 != 2:
            raise ValueError("RTCP header is malformed")
        words = compound[position + 2] << 8 | compound[position + 3]
        end = position + 4 + 4 * words
        if end > len(compound):
            raise ValueError("RTCP packet is cut short")
        yield Packet(
            compound[position + 1], compound[position] & 0x1F, compound[position + 4 : end]
        )
        position = end


def sender_info(packet: Packet) -> tuple[int, int, int]:
    """(SSRC, 64-bit NTP time, RTP timestamp) of a sender report; raises ValueError."""
    if len(packet.body) < 24:
        raise ValueError("sender report is cut short")
    ssrc, high, low, timestamp = struct.unpack_from("!IIII", packet.body)
    return ssrc, high << 32 | low, timestamp


def report_blocks(packet: Packet) -> list[ReportBlock]:
    """The report blocks of a sender or receiver report; raises ValueError."""
    start = 24 if packet.kind == SR else 4
    if len(packet.body) < start + 24 * packet.count:
        raise ValueError("report blocks are cut short")
    return [_block(packet.body, start + 24 * index) for index in range(packet.count)]


def _block(body: bytes, position: int) -> ReportBlock:
    ssrc, loss, highest, jitter, last_sr, delay = _BLOCK.unpack_from(body, position)
    lost = loss & 0xFFFFFF
    if lost & 0x800000:
        lost -= 0x1000000
    return ReportBlock(ssrc, loss >> 24, lost, highest, jitter, last_sr, delay)


def feedback_target(packet: Packet) -> int:
    """The media SSRC of a feedback packet; raises ValueError."""
    if len(packet.body) < 8:
        raise ValueError("feedback is cut short")
    target: int = _WORDS.unpack_from(packet.body)[1]
    return target


def nacked(packet: Packet) -> list[int]:
    """Sequence numbers a generic NACK asks for."""
    wanted = []
    for position in range(8, len(packet.body) - 3, 4):
        first, bits = struct.unpack_from("!HH", packet.body, position)
        wanted.append(first)
        wanted += [(first + 1 + bit) & 0xFFFF for bit in range(16) if bits >> bit & 1]
    return wanted


def fir_targets(packet: Packet) -> list[int]:
    """The SSRCs of a full intra request."""
    return [
        _WORDS.unpack_from(packet.body, position)[0]
        for position in range(8, len(packet.body) - 7, 8)
    ]


def packet(kind: int, count: int, body: bytes) -> bytes:
    """One packet; the body is a multiple of four bytes."""
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def receiver_report(sender: int, blocks: Sequence[ReportBlock]) -> bytes:
    """A receiver report of at most 31 blocks."""
    body = struct.pack("!I", sender) + b"".join(
        _BLOCK.pack(
            block.ssrc,
            block.fraction_lost << 24 | block.lost & 0xFFFFFF,
            block.highest,
            block.jitter,
            block.last_sr,
            block.delay,
        )
        for block in blocks
    )
    return packet(RR, len(blocks), body)


def sender_report(ssrc: int, ntp: int, timestamp: int, packets: int, octets: int) -> bytes:
    """A sender report without blocks."""
    counts = packets & 0xFFFFFFFF, octets & 0xFFFFFFFF
    return packet(SR, 0, struct.pack("!IQIII", ssrc, ntp, timestamp, *counts))


def sdes_cname(ssrc: int, cname: str) -> bytes:
    """The canonical name of a stream."""
    name = cname.encode()
    item = struct.pack("!IBB", ssrc, 1, len(name)) + name + b"\x00"
    return packet(SDES, 1, item + bytes(-len(item) % 4))


def pli(sender: int, target: int) -> bytes:
    """A picture loss indication."""
    return packet(PSFB, PLI, _WORDS.pack(sender, target))


def nack(sender: int, target: int, sequences: Sequence[int]) -> bytes:
    """A generic NACK of 16-bit sequence numbers in order."""
    body = _WORDS.pack(sender, target)
    pending = list(sequences)
    while pending:
        first, bits = pending.pop(0), 0
        while pending and 0 < (ahead := (pending[0] - first) & 0xFFFF) <= 16:
            bits |= 1 << (ahead - 1)
            pending.pop(0)
        body += struct.pack("!HH", first, bits)
    return packet(RTPFB, NACK, body)


def transport_cc(sender: int, target: int, body: bytes) -> bytes:
    """Transport-wide feedback around a body that TransportFeedback wrote."""
    return packet(RTPFB, TRANSPORT_CC, _WORDS.pack(sender, target) + body)


def remb(sender: int, bitrate: int, ssrcs: Sequence[int]) -> bytes:
    """Receiver estimated maximum bitrate in bit/s (draft-alvestrand-rmcat-remb-03)."""
    exponent = max(bitrate.bit_length() - 18, 0)
    estimate = len(ssrcs) << 24 | exponent << 18 | bitrate >> exponent
    body = _WORDS.pack(sender, 0) + b"REMB" + struct.pack(f"!I{len(ssrcs)}I", estimate, *ssrcs)
    return packet(PSFB, APPLICATION, body)
