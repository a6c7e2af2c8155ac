"""How good a link is, as one figure people understand (after ITU-T G.107)."""

_BEST = 93.2
_LOSS_WEIGHT = 2.5  # per per cent: video suffers as well
_CODEC_MS = 10.0


def score(loss: float, jitter_ms: float, rtt_ms: float) -> float:
    """0 (unusable) to 5 (excellent), from loss 0..1, jitter and round trip."""
    latency_ms = rtt_ms / 2 + 2 * jitter_ms + _CODEC_MS
    delay = latency_ms / 40 if latency_ms < 160 else (latency_ms - 120) / 10
    rating = max(0.0, _BEST - delay - _LOSS_WEIGHT * 100 * loss)
    opinion = 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6
    return round(max(0.0, min((opinion - 1) / 3.4 * 5, 5.0)), 1)


class LossMeter:
    """Loss between looks, from cumulative counts."""

    def __init__(self) -> None:
        self._expected = 0
        self._received = 0

    def look(self, expected: int, received: int) -> tuple[int, int]:
        """(expected, lost) since the last look; counts that fall back begin anew."""
        if expected < self._expected or received < self._received:
            self._expected = self._received = 0
        interval = expected - self._expected
        lost = interval - (received - self._received)
        self._expected, self._received = expected, received
        return interval, min(max(lost, 0), interval)
