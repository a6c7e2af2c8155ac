"""Transport-wide feedback, read (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1)."""

import struct
from itertools import accumulate
from typing import NamedTuple

from media.rtp.sent import RING

TICK_S = 0.000250
REFERENCE_TICKS = 256  # 64 ms
_HEADER = struct.Struct("!HHI")
_SMALL, _LARGE, _RESERVED = 1, 2, 3
_TWO_BITS = [bytes(value >> shift & 3 for shift in (6, 4, 2, 0)) for value in range(256)]
_ONE_BIT = [bytes(value >> shift & 1 for shift in range(6, -1, -1)) for value in range(128)]


class Feedback(NamedTuple):
    """Arrival of `base` and its successors in ticks of 250 µs, -1 for what did not arrive."""

    base: int  # 16 bits
    reference: int  # 24 bits, 64 ms
    ticks: list[int]  # since the reference time


def read(body: bytes) -> Feedback:
    """A body as it follows the SSRCs; raises ValueError where it is malformed."""
    if len(body) < _HEADER.size + 2:
        raise ValueError("transport feedback is cut short")
    base, count, word = _HEADER.unpack_from(body)
    if not 0 < count <= RING:
        raise ValueError("transport feedback covers too much or nothing")
    symbols, position = _symbols(body, count)
    if symbols.count(_SMALL) == count:  # nothing lost, nothing late: the usual case
        ticks = list(accumulate(body[position : position + count]))
        if len(ticks) < count:
            raise ValueError("transport feedback lacks arrivals")
        return Feedback(base, word >> 8, ticks)
    return Feedback(base, word >> 8, _ticks(body, position, symbols))


def _symbols(body: bytes, count: int) -> tuple[bytes, int]:
    """The status of each packet, and where the arrivals begin."""
    symbols = bytearray()
    position = _HEADER.size
    while len(symbols) < count:
        if position + 2 > len(body):
            raise ValueError("transport feedback lacks packet statuses")
        chunk = body[position] << 8 | body[position + 1]
        position += 2
        if not chunk & 0x8000:
            run = chunk & 0x1FFF
            if not run:
                raise ValueError("transport feedback has an empty run")
            symbols += bytes((chunk >> 13,)) * min(run, count)
        elif chunk & 0x4000:
            symbols += _TWO_BITS[chunk >> 6 & 0xFF] + _TWO_BITS[chunk << 2 & 0xFC][:3]
        else:
            symbols += _ONE_BIT[chunk >> 7 & 0x7F] + _ONE_BIT[chunk & 0x7F]
    return bytes(symbols[:count]), position


def _ticks(body: bytes, position: int, symbols: bytes) -> list[int]:
    if symbols.count(_RESERVED):
        raise ValueError("transport feedback has a reserved status")
    needed = symbols.count(_SMALL) + 2 * symbols.count(_LARGE)
    if position + needed > len(body):
        raise ValueError("transport feedback lacks arrivals")
    ticks = [-1] * len(symbols)
    now = 0
    for place, symbol in enumerate(symbols):
        if symbol == _SMALL:
            now += body[position]
            position += 1
        elif symbol == _LARGE:
            now += (body[position] << 8 | body[position + 1]) - (body[position] & 0x80) * 0x200
            position += 2
        else:
            continue
        ticks[place] = now
    return ticks


def read_remb(body: bytes) -> int:
    """Bit/s of a REMB as it follows the SSRCs (draft-alvestrand-rmcat-remb-03 §2.2), else 0."""
    if len(body) < 8 or body[:4] != b"REMB":
        return 0
    return ((body[5] & 3) << 16 | body[6] << 8 | body[7]) << (body[5] >> 2)
