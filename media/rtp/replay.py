"""Packet index estimate and replay window of one SRTP stream (RFC 3711 §3.3)."""

WINDOW_BITS = 1024
_MASK = (1 << WINDOW_BITS) - 1
REPLAYED = -1


class ReplayWindow:
    """Tells the 48-bit index of each sequence number, once (hot path: not frozen)."""

    __slots__ = ("_seen", "highest")

    def __init__(self) -> None:
        self.highest = -1
        self._seen = 0

    def index(self, sequence: int) -> int:
        """The packet's index, or REPLAYED when seen before or too old to know."""
        highest = self.highest
        if highest < 0:
            return sequence
        ahead = (sequence - highest) & 0xFFFF
        if 0 < ahead < 0x8000:
            return highest + ahead
        behind = -ahead & 0xFFFF
        if behind >= WINDOW_BITS or behind > highest or self._seen >> behind & 1:
            return REPLAYED
        return highest - behind

    def accept(self, index: int) -> None:
        """Remember an authenticated packet."""
        ahead = index - self.highest
        if ahead > 0:
            self._seen = (self._seen << ahead | 1) & _MASK if self.highest >= 0 else 1
            self.highest = index
        else:
            self._seen |= 1 << -ahead


class RtcpReplayWindow:
    """The same for SRTCP, whose packets carry their 31-bit index."""

    __slots__ = ("_highest", "_seen")

    def __init__(self) -> None:
        self._highest = -1
        self._seen = 0

    def is_new(self, index: int) -> bool:
        """Whether the index was never accepted and is young enough to know."""
        behind = self._highest - index
        return behind < 0 or (behind < WINDOW_BITS and not self._seen >> behind & 1)

    def accept(self, index: int) -> None:
        """Remember an authenticated packet."""
        ahead = index - self._highest
        if ahead >= WINDOW_BITS:
            self._seen = 1
            self._highest = index
        elif ahead > 0:
            self._seen = (self._seen << ahead | 1) & _MASK
            self._highest = index
        else:
            self._seen |= 1 << -ahead
