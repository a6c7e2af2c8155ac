"""What one subscriber's link carries, shared out among its consumers."""

from collections.abc import Callable

from media.protocol import DropReason
from media.rtp import rtcp
from media.rtp.allocation import HEADROOM, Allocator, Demand
from media.rtp.estimator import Cause, Estimator
from media.rtp.feedback import read_remb
from media.rtp.reception import ReportBlock
from media.worker.consumer import Consumer
from media.worker.egress import Egress
from media.worker.hub import Hub

PROBING_MAX = 4  # of a worker at once
ALLOCATE_S = 0.2  # between looks that nothing in particular asks for
GRACE_S = 2.0  # in which an unmeasured link is trusted with the smallest pictures
OVERHEAD = 1.08  # headers and tags beyond the payload of pictures
SOUND_OVERHEAD_BPS = 26_000  # the same of 50 packets a second
UNKNOWN_BPS = 150_000  # of a smallest layer not measured yet; each further one thrice
SUDDEN = 1.3  # a picture needing this many times the budget pauses until its layer comes


class Downlink:
    """Takes what the browser reports, decides layers and sends probes."""

    def __init__(self, hub: Hub, egress: Egress, consumers: Callable[[], list[Consumer]]) -> None:
        self._hub = hub
        self._egress = egress
        self._path = egress.path
        self._consumers = consumers
        self._allocator = Allocator()
        self._trusted_at = -1.0
        self._allocated_at = 0.0
        self._wanted = 0.0  # bit/s that could be used
        self.estimator = Estimator(egress.sent)

    # --- what the browser reports ---

    def receive(self, packet: rtcp.Packet, now: float) -> None:
        """Transport-wide feedback."""
        before = self.estimator.bitrate
        try:
            self.estimator.receive(packet.body[8:], now)
        except ValueError:
            self._hub.drop(DropReason.MALFORMED)
            return
        if self.estimator.bitrate < before:
            self.allocate(now)

    def limit(self, packet: rtcp.Packet, now: float) -> None:
        """A REMB."""
        self.estimator.limit(read_remb(packet.body[8:]), now)

    def reported(self, consumer: Consumer, block: ReportBlock, now: float) -> None:
        """A report block on a consumer that still holds the one before."""
        if consumer.rtt_s:
            self.estimator.rtt_s = consumer.rtt_s
        if consumer.block is not None:
            packets = max(0, block.highest - consumer.block.highest)
            self.estimator.reported(block.fraction_lost, packets, now)

    # --- layers ---

    def allocate(self, now: float) -> None:
        """Choose each consumer's layer."""
        self._allocated_at = now
        sound = 0.0
        demands: dict[Consumer, Demand] = {}
        for consumer in self._consumers():
            if not consumer.producer.is_video:
                if consumer.target is None:
                    consumer.follow(now)
                if consumer.current is not None and consumer.current.bitrate:
                    sound += consumer.current.bitrate + SOUND_OVERHEAD_BPS
            elif not consumer.is_started:
                continue
            elif (demand := _demand(consumer)) is not None:
                demands[consumer] = demand
            else:
                consumer.follow(now)
        self._wanted = sound + sum(demand.needs[-1] for demand in demands.values())
        budget = max(0.0, self.estimator.bitrate - sound)
        least = sum(demand.needs[0] for demand in demands.values())
        if budget < least and self._is_trusted(now):
            budget = least
        for consumer, position in self._allocator.look(budget, demands, now).items():
            self._set(consumer, position, demands[consumer], budget, now)

    def _is_trusted(self, now: float) -> bool:
        if self._trusted_at < 0:
            self._trusted_at = now
        return not self.estimator.is_measured and now - self._trusted_at < GRACE_S

    def _set(
        self, consumer: Consumer, position: int, demand: Demand, budget: float, now: float
    ) -> None:
        layer = consumer.producer.active[position] if position >= 0 else None
        if layer is consumer.target:
            return
        if position < demand.current and demand.needs[demand.current] > SUDDEN * budget:
            consumer.abandon()  # what goes on would only fill the queue
        consumer.set_target(layer.index if layer is not None else None, now)

    # --- by the clock ---

    def tick(self, now: float) -> None:
        """Look at everything now and then, and begin a probe when it may win anything."""
        if self._egress.path is not self._path:
            self._path = self._egress.path
            self.estimator.moved()
        self.estimator.tick(now)
        if now - self._allocated_at >= ALLOCATE_S:
            self.allocate(now)
        if len(self._hub.probing) >= PROBING_MAX and self not in self._hub.probing:
            return  # probes must not be what fills the worker
        if self._wanted and self.estimator.begin_probe(HEADROOM * self._wanted, now):
            self._hub.probing.add(self)
            self._hub.hurry()

    def pace(self, now: float) -> bool:
        """Send what is due of a probe; False when it is over."""
        due = self.estimator.probe_bytes(now)
        if due < 0:
            return False
        for consumer in self._consumers():
            if due <= 0:
                break
            due -= consumer.pad(due)
        return True

    def close(self) -> None:
        """Send nothing more; idempotent."""
        self._hub.probing.discard(self)

    @property
    def figures(self) -> tuple[int, Cause]:
        """Bit/s estimated, and why it was last lowered."""
        return self.estimator.bitrate, self.estimator.cause


def _demand(consumer: Consumer) -> Demand | None:
    """None when it is not seen, or nothing of it arrives."""
    wanted = consumer.wanted
    active = consumer.producer.active
    if wanted is None or not active:
        return None
    needs = [
        OVERHEAD * (layer.bitrate or UNKNOWN_BPS * 3.0**layer.index)
        for layer in active
        if layer.index <= wanted or layer is active[0]
    ]
    target = consumer.target
    current = active.index(target) if target in active else -1
    for place in range(1, len(needs)):  # a larger picture may stand still
        needs[place] = max(needs[place], needs[place - 1])
    return Demand(consumer.priority, tuple(needs), min(current, len(needs) - 1))
