"""How fast to send, from what the over-use detector says (draft-ietf-rmcat-gcc-02 §5.5)."""

from media.rtp.trendline import Usage

BETA = 0.85
IDLE_BETA = 0.6
GROWTH = 1.08  # per second
BEYOND_ACKNOWLEDGED = 1.5
BEYOND_BPS = 10_000
FEEDBACK_DELAY_S = 0.100
PACKET_BITS = 1200 * 8
FRAMES_PER_S = 30
LEAST_INCREASE_BPS = 4_000  # per second
REDUCE_INTERVAL_S = 0.200
_CAPACITY_SMOOTHING = 0.05


class RateControl:
    """The state machine of §5.5: decrease on over-use, hold while queues drain, else increase."""

    def __init__(self, bitrate: float, floor: float, ceiling: float) -> None:
        self.bitrate = bitrate
        self._floor = floor
        self._ceiling = ceiling
        self._is_held = False
        self._looked_at = -1.0
        self._decreased_at = -1.0
        self._capacity = 0.0  # mean of the acknowledged bitrates at which over-use began
        self._variance = 0.4  # of those, relative to the mean (kbit/s)

    def look(
        self, usage: Usage, acknowledged: float, rtt_s: float, now: float, *, is_filled: bool
    ) -> bool:
        """Take the signal and the acknowledged bitrate (0: unknown); True when it decreased.

        While we do not fill what is allowed, little arrives because little is sent: no decrease
        then goes below IDLE_BETA of the estimate.
        """
        elapsed = min(now - self._looked_at, 1.0) if self._looked_at >= 0 else 0.0
        self._looked_at = now
        if usage is Usage.OVER:
            self._is_held = True
            return self._decrease(acknowledged, rtt_s, now, is_filled=is_filled)
        if usage is Usage.UNDER:
            self._is_held = True
        elif self._is_held:
            self._is_held = False
        else:
            self._increase(acknowledged, rtt_s, elapsed)
        return False

    def probed(self, bitrate: float) -> None:
        """A probe went through at this rate."""
        self.bitrate = self._bounded(max(bitrate, self.bitrate))

    def limit(self, bitrate: float) -> None:
        """Another controller found less."""
        self.bitrate = self._bounded(min(bitrate, self.bitrate))

    def _decrease(self, acknowledged: float, rtt_s: float, now: float, *, is_filled: bool) -> bool:
        wait_s = max(0.010, min(rtt_s, REDUCE_INTERVAL_S))
        is_far_off = is_filled and 0 < acknowledged < self.bitrate / 2
        if now - self._decreased_at < wait_s and not is_far_off:
            return False
        self._decreased_at = now
        before = self.bitrate
        wanted = BETA * (acknowledged or before)
        if not is_filled:
            wanted = max(wanted, IDLE_BETA * before)
        elif acknowledged:
            self._note_capacity(acknowledged)
        self.bitrate = self._bounded(min(wanted, before))
        return self.bitrate < before

    def _note_capacity(self, acknowledged: float) -> None:
        rate = acknowledged / 1000
        if self._capacity and abs(rate - self._capacity) > 3 * self._deviation:
            self._capacity = 0.0
        if not self._capacity:
            self._capacity, self._variance = rate, 0.4
            return
        error = rate - self._capacity
        self._capacity += _CAPACITY_SMOOTHING * error
        relative = error * error / max(self._capacity, 1.0)
        self._variance += _CAPACITY_SMOOTHING * (relative - self._variance)
        self._variance = max(0.4, min(self._variance, 2.5))

    @property
    def _deviation(self) -> float:
        return float((self._variance * self._capacity) ** 0.5)

    def _increase(self, acknowledged: float, rtt_s: float, elapsed: float) -> None:
        """Additively near the capacity, multiplicatively else; never far beyond what arrives."""
        rate = acknowledged / 1000
        if self._capacity and rate > self._capacity + 3 * self._deviation:
            self._capacity = 0.0
        if self._capacity:
            frame_bits = self.bitrate / FRAMES_PER_S
            packet_bits = frame_bits / max(1, -(-frame_bits // PACKET_BITS))
            per_s = max(LEAST_INCREASE_BPS, packet_bits / (FEEDBACK_DELAY_S + rtt_s))
            wanted = self.bitrate + per_s * elapsed
        else:
            wanted = self.bitrate * GROWTH**elapsed
        if acknowledged:
            wanted = min(wanted, BEYOND_ACKNOWLEDGED * acknowledged + BEYOND_BPS)
        self.bitrate = self._bounded(max(wanted, self.bitrate))

    def _bounded(self, bitrate: float) -> float:
        return max(self._floor, min(bitrate, self._ceiling))
