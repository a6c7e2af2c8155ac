"""Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01)."""

import struct
from collections.abc import Iterator

from media.rtp.seqmap import nearest

TICK_S = 0.000250
REFERENCE_TICKS = 256  # 64 ms
PENDING_MAX = 2048
SPAN_MAX = 1000  # packets that one message may cover
_HEADER = struct.Struct("!HHI")
_RUN_MAX = 0x1FFF
_NOT_RECEIVED, _SMALL, _LARGE = 0, 1, 2


class TransportFeedback:
    """Collects arrivals; writes feedback control information blocks."""

    __slots__ = ("_arrivals", "_count", "_highest", "_next")

    def __init__(self) -> None:
        self._arrivals: list[tuple[int, float]] = []
        self._highest = -1
        self._next = -1
        self._count = 0

    def add(self, sequence: int, now: float) -> None:
        """Note a transport-wide sequence number; beyond PENDING_MAX it is forgotten."""
        if len(self._arrivals) < PENDING_MAX:
            self._arrivals.append((sequence, now))

    def take(self) -> list[bytes]:
        """Feedback bodies for what arrived since the last call."""
        unwrapped = self._unwrapped()
        if not unwrapped:
            return []
        # Late packets were reported lost; reporting them again may only mend the past.
        base = min(self._next if self._next >= 0 else min(unwrapped), min(unwrapped))
        last = max(unwrapped)
        base = max(base, last - SPAN_MAX + 1)
        self._next = last + 1
        return list(self._bodies(base, last, unwrapped))

    def _unwrapped(self) -> dict[int, float]:
        arrivals, self._arrivals = self._arrivals, []
        result: dict[int, float] = {}
        for sequence, now in arrivals:
            index = nearest(sequence, self._highest) if self._highest >= 0 else sequence
            self._highest = max(self._highest, index)
            if index >= 0:
                result.setdefault(index, now)
        return result

    def _bodies(self, base: int, last: int, arrivals: dict[int, float]) -> Iterator[bytes]:
        """A delta beyond 16 bits begins another message."""
        while base <= last:
            body, base = self._body(base, last, arrivals)
            yield body

    def _body(self, base: int, last: int, arrivals: dict[int, float]) -> tuple[bytes, int]:
        first = next(arrivals[index] for index in range(base, last + 1) if index in arrivals)
        reference = int(first / TICK_S) // REFERENCE_TICKS
        before = reference * REFERENCE_TICKS
        symbols: list[int] = []
        deltas = bytearray()
        for index in range(base, last + 1):
            arrived = arrivals.get(index)
            if arrived is None:
                symbols.append(_NOT_RECEIVED)
                continue
            delta = round(arrived / TICK_S) - before
            if not -0x8000 <= delta <= 0x7FFF:
                break
            before += delta
            small = 0 <= delta <= 0xFF
            symbols.append(_SMALL if small else _LARGE)
            deltas += struct.pack("!B" if small else "!h", delta)
        header = _HEADER.pack(
            base & 0xFFFF, len(symbols), (reference & 0xFFFFFF) << 8 | self._count & 0xFF
        )
        self._count += 1
        body = header + b"".join(_chunks(symbols)) + deltas
        return body + bytes(-len(body) % 4), base + len(symbols)


def _chunks(symbols: list[int]) -> Iterator[bytes]:
    position = 0
    while position < len(symbols):
        run = _run_length(symbols, position)
        if run >= 7 or position + run == len(symbols):
            yield struct.pack("!H", symbols[position] << 13 | run)
            position += run
        else:
            yield struct.pack("!H", _vector(symbols[position : position + 7]))
            position += 7


def _run_length(symbols: list[int], position: int) -> int:
    symbol = symbols[position]
    end = position
    while end < len(symbols) and symbols[end] == symbol and end - position < _RUN_MAX:
        end += 1
    return end - position


def _vector(symbols: list[int]) -> int:
    """Seven two-bit symbols, the missing ones "not received"."""
    chunk = 0xC000
    for position, symbol in enumerate(symbols):
        chunk |= symbol << (12 - 2 * position)
    return chunk
