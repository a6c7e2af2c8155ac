"""What was sent when, by transport-wide number (draft-holmer-rmcat-transport-wide-cc-01 §2)."""

from array import array

RING = 8192
MASK = RING - 1
OVERHEAD_BYTES = 64  # IPv4, UDP, RTP with our extensions, SRTP tag


class SentLog:
    """Rings of send times and payload sizes (hot path: a consumer takes `next` and notes a size).

    A size of 0 says that the packet was acknowledged, or never sent.
    """

    __slots__ = ("_stamped", "next", "sizes", "times")

    def __init__(self) -> None:
        self.next = 0
        self.sizes = array("H", bytes(2 * RING))
        self.times = array("d", bytes(8 * RING))
        self._stamped = 0

    def stamp(self, now: float) -> None:
        """Everything numbered since the last call leaves now."""
        times, following = self.times, self.next
        for number in range(self._stamped, following):
            times[number & MASK] = now
        self._stamped = following
