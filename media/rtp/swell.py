"""Whether a queue just came into being: whatever arrived of late waited.

A line through a second of delays (trendline.py) tells a queue from jitter however noisy the link
is; where a quiet link suddenly carries less than is sent, that takes longer than sound can spare.
"""

from collections.abc import Sequence
from itertools import chain

from media.rtp.sent import OVERHEAD_BYTES

SPAN_S = 0.080  # of arrivals that are looked at
PACKETS_MIN = 3
WAIT_S = 0.025  # for all of them, beyond what is usual
SPREADS = 4.0  # of the usual wait: a radio link makes all wait now and then
_SMOOTHING = 0.05

Arrival = tuple[float, float, int]  # arrived, one-way delay, payload bytes


class Swell:
    """Fed with each feedback; both clocks in seconds, unrelated."""

    __slots__ = ("_recent", "_spread_s", "_usual_s", "_waited_s")

    def __init__(self) -> None:
        self._recent: list[Arrival] = []
        self._waited_s = self._usual_s = self._spread_s = 0.0

    def forget(self) -> None:
        """What comes next waits on another path, or behind a probe."""
        self._recent = []
        self._waited_s = 0.0

    def add(self, arrivals: Sequence[Arrival], least_s: float) -> bool:
        """Whether even the least delayed waited, unusually long and no shorter than before.

        `least_s` is the one-way delay of who waits for nothing.
        """
        newest = max(arrived for arrived, _, _ in chain(self._recent, arrivals))
        since = newest - SPAN_S
        recent = self._recent = [one for one in chain(self._recent, arrivals) if one[0] > since]
        waited_s = min(delay for _, delay, _ in recent) - least_s
        is_longer, self._waited_s = waited_s >= self._waited_s, waited_s
        beyond_s = waited_s - self._usual_s
        is_unusual = beyond_s > WAIT_S + SPREADS * self._spread_s
        self._usual_s += _SMOOTHING * beyond_s
        self._spread_s += _SMOOTHING * (abs(beyond_s) - self._spread_s)
        return is_longer and is_unusual and len(recent) >= PACKETS_MIN

    @property
    def rate(self) -> float:
        """Bit/s at which the last packets arrived, 0 where they say too little."""
        ordered = sorted(self._recent)
        span_s = ordered[-1][0] - ordered[0][0] if ordered else 0.0
        if span_s < SPAN_S / 2:
            return 0.0
        octets = sum(size + OVERHEAD_BYTES for _, _, size in ordered[1:])
        return 8 * octets / span_s
