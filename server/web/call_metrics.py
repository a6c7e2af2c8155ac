"""Histograms of links: a person's minute is one observation; no label names anybody."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from server.domain.call_quality import Minute

_LOSS = (0.0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
_RATE = (4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 512_000, 1_024_000)
_SCORE = (1.0, 1.5, 2.0, 2.75, 3.5, 4.0, 4.5, 5.0)
UNKNOWN = "unknown"


class CallMetrics:
    """Minutes of calls, by path (udp, tcp, turn-…) and direction as the person sees it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def histogram(
            name: str, words: str, labels: list[str], buckets: tuple[float, ...]
        ) -> Histogram:
            return Histogram(name, words, labels, buckets=buckets, registry=registry)

        each, both = ["path"], ["path", "direction"]
        self._loss = histogram("call_loss_ratio", "Packets lost in a minute", both, _LOSS)
        self._rate = histogram(
            "call_bitrate_bytes_per_second", "Media in a minute, by second", both, _RATE
        )
        self._jitter = histogram("call_jitter_seconds", "Mean jitter of a minute", each, _SECONDS)
        self._round_trip = histogram(
            "call_round_trip_seconds", "Mean round trip of a minute", each, _SECONDS
        )
        self._score = histogram("call_score", "Mean score of a minute, 0 to 5", each, _SCORE)
        self._freezes = Counter("call_freezes", "Pictures that froze", each, registry=registry)
        self._frozen = Counter("call_frozen_seconds", "Time frozen", each, registry=registry)

    def observe(self, minute: Minute) -> None:
        """Count a person's minute."""
        path = minute.path.value if minute.path else UNKNOWN
        up = ("up", minute.loss_up, minute.kbps_up)
        down = ("down", minute.loss_down, minute.kbps_down)
        for direction, loss, kbps in (up, down):
            if loss is not None:
                self._loss.labels(path, direction).observe(loss)
                self._rate.labels(path, direction).observe(kbps * 125)
        if minute.jitter_ms is not None:
            self._jitter.labels(path).observe(minute.jitter_ms / 1000)
        if minute.rtt_ms is not None:
            self._round_trip.labels(path).observe(minute.rtt_ms / 1000)
        self._score.labels(path).observe(minute.score)
        self._freezes.labels(path).inc(minute.freezes)
        self._frozen.labels(path).inc(minute.frozen_s)
