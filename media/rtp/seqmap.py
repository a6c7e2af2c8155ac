"""Maps one stream's packet indices onto a subscriber's gapless run."""

from collections import deque
from typing import Generic, TypeVar

SPANS_KEPT = 64
UNMAPPED = -1

Origin = TypeVar("Origin")


class SequenceMap(Generic[Origin]):
    """In-order inputs leave in order, without a gap where packets were withheld on purpose.

    Indices are unwrapped sequence numbers; only the low 16 bits travel. Packets lost before us
    stay visible as gaps. Inputs of several numberings follow each other; each span remembers
    whose it was. Hot path: not frozen.
    """

    __slots__ = ("_past", "floor", "highest", "offset", "origin")

    def __init__(self, first_out: int, origin: Origin) -> None:
        self.floor = 0
        self.highest = -1
        self.offset = first_out
        self.origin = origin  # of the numbering that is mapped now
        # [start, end), offset, origin
        self._past: deque[tuple[int, int, int, Origin]] = deque(maxlen=SPANS_KEPT)

    @property
    def next_out(self) -> int:
        """The index that follows the highest one sent."""
        return self.highest + 1 + self.offset

    def map(self, index: int) -> int:
        """Outgoing index, or UNMAPPED for a packet from before the run or withheld."""
        if index < self.floor:
            return self._late(index)
        if index > self.highest:
            self.highest = index
        return index + self.offset

    def withhold(self, index: int) -> None:
        """Close the gap this packet would leave; one that comes late leaves its gap."""
        if index > self.highest:
            self._begin(index, index + 1, self.offset - 1)

    def resume(self, index: int) -> None:
        """Continue the run with this packet; what lies between was withheld."""
        if index > self.highest:
            self._begin(self.highest + 1, index, self.next_out - index)

    def switch(self, index: int, origin: Origin) -> None:
        """Continue the run with this packet of another numbering."""
        self._begin(self.highest + 1, index, self.next_out - index)
        self.origin = origin

    def locate(self, out: int) -> tuple[Origin, int] | None:
        """Whose index left as this one, and which."""
        index = out - self.offset
        if self.floor <= index <= self.highest:
            return self.origin, index
        for start, end, offset, origin in reversed(self._past):
            if start <= out - offset < end:
                return origin, out - offset
        return None

    def _begin(self, end: int, floor: int, offset: int) -> None:
        if end > self.floor:
            self._past.append((self.floor, end, self.offset, self.origin))
        self.highest = floor - 1
        self.floor = floor
        self.offset = offset

    def _late(self, index: int) -> int:
        for start, end, offset, origin in reversed(self._past):
            if start <= index < end and origin is self.origin:
                return index + offset
        return UNMAPPED


def nearest(sequence: int, reference: int) -> int:
    """The index with these low 16 bits that lies nearest to the reference."""
    return reference + ((sequence - reference + 0x8000) & 0xFFFF) - 0x8000
