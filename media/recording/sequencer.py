"""Packets in the order of their numbers, waiting a while for those that are missing."""

from dataclasses import dataclass

PACKETS_MAX = 4096


@dataclass(frozen=True, slots=True)
class Packet:
    """What a depacketizer needs."""

    number: int
    timestamp: int
    is_last: bool  # of its frame: the marker
    payload: bytes
    arrived_s: float


class Sequencer:
    """Fed with packets as they come; gives them in order, with gaps where patience ended."""

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._next = -1
        self._early: dict[int, Packet] = {}

    def add(self, packet: Packet) -> None:
        """Keep a packet, unless it comes twice or too late."""
        if self._next < 0:
            self._next = packet.number
        if packet.number >= self._next and len(self._early) < PACKETS_MAX:
            self._early[packet.number] = packet

    def take(self, now_s: float) -> list[Packet | None]:
        """What is in order by now; None stands for packets that never came."""
        taken: list[Packet | None] = []
        while self._early:
            packet = self._early.pop(self._next, None)
            if packet is None:
                first = min(self._early)
                is_full = len(self._early) >= PACKETS_MAX
                if not is_full and now_s - self._early[first].arrived_s < self._patience_s:
                    break
                taken.append(None)
                self._next = first
            else:
                taken.append(packet)
                self._next += 1
        return taken

    def flush(self) -> list[Packet | None]:
        """Everything, at the end."""
        return self.take(float("inf"))
