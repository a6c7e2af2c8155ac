"""What one peer's link is like, told every few seconds."""

from media.protocol import Quality
from media.rtp.estimator import Cause
from media.rtp.quality import LossMeter, score
from media.worker.consumer import Consumer
from media.worker.peer import Peer
from media.worker.producer import Producer

CAUSES = tuple(Cause)  # of an estimate's last decrease, as the event numbers them


class QualityMeter:
    """Looks at a peer's producers and consumers; figures cover the time between looks."""

    def __init__(self) -> None:
        self._losses: dict[Producer, LossMeter] = {}
        self._looked_at: float | None = None
        self._bytes_up = 0
        self._bytes_down = 0

    def look(self, room: str, peer: Peer, now: float) -> Quality | None:
        """None before the second look and while nothing is connected."""
        producers = list(peer.producers.values())
        consumers = peer.subscription.consumers if peer.subscription else []
        loss_up = self._loss_up(producers)
        up, down = self._bytes(producers, consumers)
        before, self._looked_at = self._looked_at, now
        if before is None or not peer.is_connected:
            return None
        loss_down = _loss_down(consumers)
        jitter_ms = max(_jitters_ms(producers, consumers), default=0.0)
        rtt_ms = max((consumer.rtt_s * 1000 for consumer in consumers), default=0.0)
        stats = {
            "score": score(max(loss_up, loss_down), jitter_ms, rtt_ms),
            "loss_up": round(loss_up, 4),
            "loss_down": round(loss_down, 4),
            "jitter_ms": round(jitter_ms, 1),
            "rtt_ms": round(rtt_ms, 1),
            "kbps_up": round(up * 8 / 1000 / (now - before), 1),
            "kbps_down": round(down * 8 / 1000 / (now - before), 1),
        }
        downlink = peer.subscription.downlink if peer.subscription else None
        if downlink is not None:
            bitrate, cause = downlink.figures
            stats["kbps_estimate"] = round(bitrate / 1000, 1)
            stats["estimate_cause"] = CAUSES.index(cause)
        return Quality(room, peer.name, stats)

    def _loss_up(self, producers: list[Producer]) -> float:
        self._losses = {
            producer: self._losses.get(producer) or LossMeter() for producer in producers
        }
        looks = [
            meter.look(producer.expected, producer.received)
            for producer, meter in self._losses.items()
        ]
        expected = sum(interval for interval, _ in looks)
        return sum(lost for _, lost in looks) / expected if expected else 0.0

    def _bytes(self, producers: list[Producer], consumers: list[Consumer]) -> tuple[int, int]:
        up = sum(producer.bytes for producer in producers)
        down = sum(consumer.octets for consumer in consumers)
        since = max(0, up - self._bytes_up), max(0, down - self._bytes_down)
        self._bytes_up, self._bytes_down = up, down
        return since


def _loss_down(consumers: list[Consumer]) -> float:
    fractions = [consumer.block.fraction_lost / 256 for consumer in consumers if consumer.block]
    return max(fractions, default=0.0)


def _jitters_ms(producers: list[Producer], consumers: list[Consumer]) -> list[float]:
    up = [producer.jitter * 1000 / producer.clock_rate for producer in producers]
    return up + [
        consumer.block.jitter * 1000 / consumer.producer.clock_rate
        for consumer in consumers
        if consumer.block
    ]
