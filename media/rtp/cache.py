"""The last second of a stream, ready to be sent again."""

from typing import NamedTuple

SIZE_START = 256
SIZE_MAX = 4096
SPAN_S = 1.0


class CachedPacket(NamedTuple):
    """What a consumer needs to send a packet again."""

    number: int  # packet index
    timestamp: int
    marker: int  # 0x80 or 0
    payload: bytes
    arrived_s: float


class PacketCache:
    """A ring by packet index that grows until it spans a second, up to SIZE_MAX packets."""

    __slots__ = ("_mask", "_slots")

    def __init__(self) -> None:
        self._mask = SIZE_START - 1
        self._slots: list[CachedPacket | None] = [None] * SIZE_START

    @property
    def size(self) -> int:
        """How many packets fit now."""
        return self._mask + 1

    def put(self, packet: CachedPacket) -> None:
        """Keep a packet in place of the oldest of its slot."""
        slot = packet.number & self._mask
        old = self._slots[slot]
        if old is not None and packet.arrived_s - old.arrived_s < SPAN_S and self._grow():
            slot = packet.number & self._mask
        self._slots[slot] = packet

    def get(self, index: int) -> CachedPacket | None:
        """The packet of this index, if it is still here."""
        packet = self._slots[index & self._mask]
        return packet if packet is not None and packet.number == index else None

    def clear(self) -> None:
        """Forget everything, as when the source is muted."""
        self._slots = [None] * self.size

    def _grow(self) -> bool:
        if self.size >= SIZE_MAX:
            return False
        kept = [packet for packet in self._slots if packet is not None]
        self._mask = self.size * 2 - 1
        self._slots = [None] * self.size
        for packet in kept:
            self._slots[packet.number & self._mask] = packet
        return True
