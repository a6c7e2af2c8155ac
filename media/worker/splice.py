"""Where one layer's packets end and another's begin in a subscriber's stream."""

from typing import NamedTuple

from media.rtp.cache import CachedPacket
from media.rtp.clocks import aligned, succeeding
from media.rtp.vp8 import PICTURE_IDS, TL0_INDICES
from media.worker.layer import Layer

LAST_SEARCHED = 64  # packets back for one that is cached
STEP_S = 0.001  # least time between frames of different layers
DOUBT_S = 0.5


class Run(NamedTuple):
    """Packets of one layer between two switches: what is added to them."""

    layer: Layer | None
    timestamp: int = 0
    picture: int = 0
    tl0: int = 0


class Position(NamedTuple):
    """Where the outgoing stream broke off."""

    timestamp: int
    at: float
    picture: int
    tl0: int


class Splice:
    """Keeps timestamps and picture numbers going on from one run to the next."""

    __slots__ = ("_clock_rate", "_last", "run")

    def __init__(self, clock_rate: int) -> None:
        self._clock_rate = clock_rate
        self._last: Position | None = None
        self.run = Run(None)

    def begin(self, layer: Layer, packet: CachedPacket) -> Run:
        """The run that begins with this packet, going on from where the last one broke off."""
        last, run = self._last, Run(layer)
        picture, tl0 = _numbers(layer, packet.payload)
        if last is not None:
            run = Run(
                layer,
                self._resumed(last, layer, packet),
                (last.picture + 1 - picture) % PICTURE_IDS,
                (last.tl0 + 1 - tl0) % TL0_INDICES,
            )
        self.run = run
        if layer.producer.is_video:
            self._last = self._position(packet, picture, tl0)
        return run

    def end(self, layer: Layer, highest: int) -> None:
        """The run ends with the packet of this number, or the last before it that is cached."""
        for number in range(highest, highest - LAST_SEARCHED, -1):
            packet = layer.cache.get(number)
            if packet is not None:
                self._last = self._position(packet, *_numbers(layer, packet.payload))
                break

    def _resumed(self, last: Position, layer: Layer, packet: CachedPacket) -> int:
        """What to add to the layer's timestamps so that time goes on."""
        before, rate = self.run.layer, self._clock_rate
        timestamp = None
        if before is layer:
            timestamp = packet.timestamp + self.run.timestamp & 0xFFFFFFFF
        elif before is not None and before.report and layer.report:
            own = aligned(packet.timestamp, layer.report, before.report, rate)
            timestamp = own + self.run.timestamp & 0xFFFFFFFF
        elapsed = round((packet.arrived_s - last.at) * rate)
        step, doubt = round(STEP_S * rate), round(DOUBT_S * rate)
        chosen = succeeding(last.timestamp, elapsed, timestamp, step, doubt)
        return chosen - packet.timestamp & 0xFFFFFFFF

    def _position(self, packet: CachedPacket, picture: int, tl0: int) -> Position:
        run = self.run
        return Position(
            packet.timestamp + run.timestamp & 0xFFFFFFFF,
            packet.arrived_s,
            (picture + run.picture) % PICTURE_IDS,
            (tl0 + run.tl0) % TL0_INDICES,
        )


def _numbers(layer: Layer, payload: bytes) -> tuple[int, int]:
    numbers = layer.producer.codec.numbers
    return numbers(payload) if numbers is not None else (0, 0)
