"""Whether a queue builds up on the way: the slope of the one-way delay.

draft-ietf-rmcat-gcc-02 §5, with a least-squares line in place of its Kalman filter (§5.3), as in
Carlucci et al., "Analysis and Design of the Google Congestion Control for WebRTC", 2016.
"""

import enum
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Sequence

TICK_S = 0.000250
GROUP_S = 0.015  # §5.2: what is sent together, and whatever follows within, is one group
WINDOW, WINDOW_MIN = 20, 6  # groups on the line
WINDOW_S = 1.0
SMOOTHING = 0.9
GAIN = 4.0  # from slope to the scale of the threshold, times up to COUNT_MAX groups
COUNT_MAX = 60
THRESHOLD_MS = 12.5  # §5.4: del_var_th(0), its bounds and its rates of adaptation
THRESHOLD_MIN_MS, THRESHOLD_MAX_MS = 6.0, 600.0
K_UP, K_DOWN = 0.0087, 0.039
ADAPT_BEYOND_MS = 15.0
OVERUSE_S = 0.010
QUIET_S = 2.0  # without a group: begin anew
QUEUE_GROUPS = 5
QUEUE_MIN_MS = 8.0  # over-use without a standing queue is the jitter of a busy machine
JITTER_SMOOTHING = 0.95
QUEUE_JITTERS = 2.0  # groups in a row seldom all wait so many times the usual jitter by chance
QUEUE_MAX_MS = 80.0  # a queue this long that does not drain is over-use, though it grows no more
DRAINING = -0.05  # ms of delay per ms
BASE_SPAN_S = 10.0  # the least delay is remembered for one to two of these


class Usage(enum.Enum):
    """The over-use detector's signal (§5.4)."""

    NORMAL = "normal"
    OVER = "over"
    UNDER = "under"


class Trendline:
    """Fed with (sent, arrived) of each feedback; both clocks in seconds, unrelated."""

    def __init__(self) -> None:
        self.usage = Usage.NORMAL
        self._threshold = THRESHOLD_MS
        self._adapted_at = -1.0
        self._over_since = -1.0
        self._trend = 0.0
        self._base = self._base_before = float("inf")  # least one-way delay of two spans, s
        self._base_at = 0.0
        self._jitter_ms = 0.0  # mean difference of the one-way delays of groups that follow
        self.restart()

    def restart(self) -> None:
        """Forget the line, as when a probe filled the link."""
        self._line: deque[tuple[float, float]] = deque(maxlen=WINDOW)  # arrived, smoothed ms
        self._delays: deque[float] = deque(maxlen=QUEUE_GROUPS)  # one-way, s
        self._count = 0
        self._delay_ms = self._smoothed_ms = 0.0
        self._sent = self._arrived = -1.0  # of the last packet of the group before

    def forget(self) -> None:
        """Forget the least delay as well: the path changed."""
        self._base = self._base_before = float("inf")
        self._jitter_ms = 0.0
        self.restart()

    def add(self, sent: Sequence[float], ticks: Sequence[int], start: float, now: float) -> Usage:
        """The signal after packets in the order sent, which arrived at start + ticks · TICK_S."""
        count = len(sent)
        place = bisect_left(sent, self._sent + GROUP_S) if self._sent >= 0 else 0
        while place < count:
            end = bisect_right(sent, sent[place], place)
            self._compare(sent[place], start + ticks[end - 1] * TICK_S)
            place = bisect_left(sent, sent[place] + GROUP_S, end)
        return self._detect(now)

    def _compare(self, sent: float, arrived: float) -> None:
        """A group with the one before it: inter-group delay variation (§5.1)."""
        if self._sent >= 0:
            between = sent - self._sent
            if between > QUIET_S:
                self.restart()
            else:
                variation_ms = (arrived - self._arrived - between) * 1000
                self._delay_ms += variation_ms
                self._jitter_ms += (1 - JITTER_SMOOTHING) * (abs(variation_ms) - self._jitter_ms)
                self._smoothed_ms += (1 - SMOOTHING) * (self._delay_ms - self._smoothed_ms)
                line = self._line
                line.append((arrived, self._smoothed_ms))
                while arrived - line[0][0] > WINDOW_S:
                    line.popleft()
                self._count += 1
        self._sent, self._arrived = sent, arrived
        self._note_delay(arrived - sent, sent)

    def _note_delay(self, delay: float, sent: float) -> None:
        self._delays.append(delay)
        if sent - self._base_at > BASE_SPAN_S:
            self._base_at = sent
            self._base_before, self._base = self._base, delay
        elif delay < self._base:
            self._base = delay

    @property
    def least_s(self) -> float:
        """The one-way delay of who waits for nothing, by unrelated clocks; inf: not known yet."""
        return min(self._base, self._base_before)

    @property
    def queue_ms(self) -> float:
        """What even the fastest of the last groups waited longer than the fastest of all."""
        if not self._delays:
            return 0.0
        return (min(self._delays) - min(self._base, self._base_before)) * 1000

    @property
    def latest_ms(self) -> float:
        """What the last group waited longer than the fastest of all, beyond mere jitter."""
        if not self._delays:
            return 0.0
        waited_ms = (self._delays[-1] - min(self._base, self._base_before)) * 1000
        return waited_ms - QUEUE_JITTERS * self._jitter_ms

    # --- §5.4: over-use detector ---

    def _detect(self, now: float) -> Usage:
        queue_ms = self.queue_ms
        noise_ms = max(QUEUE_MIN_MS, QUEUE_JITTERS * self._jitter_ms)
        if queue_ms <= noise_ms or len(self._line) < WINDOW_MIN:
            self.usage = Usage.NORMAL
            self._over_since = -1.0
            return self.usage
        trend = _slope(self._line)
        offset = min(self._count, COUNT_MAX) * trend * GAIN
        is_long = queue_ms > QUEUE_MAX_MS and trend > DRAINING
        if is_long or offset > self._threshold:
            if self._over_since < 0:
                self._over_since = now
            lasts = now - self._over_since > OVERUSE_S and trend >= self._trend
            if is_long or lasts:  # what every one of the last groups waited for lasts already
                self.usage = Usage.OVER
        else:
            self._over_since = -1.0
            self.usage = Usage.UNDER if offset < -self._threshold else Usage.NORMAL
        self._trend = trend
        self._adapt(offset, now)
        return self.usage

    def _adapt(self, offset: float, now: float) -> None:
        """Let the threshold follow the jitter, but not a sudden queue."""
        elapsed_ms = min(now - self._adapted_at, 0.1) * 1000 if self._adapted_at >= 0 else 0.0
        self._adapted_at = now
        size = abs(offset)
        if size > self._threshold + ADAPT_BEYOND_MS:
            return
        rate = K_DOWN if size < self._threshold else K_UP
        threshold = self._threshold + rate * (size - self._threshold) * elapsed_ms
        self._threshold = max(THRESHOLD_MIN_MS, min(threshold, THRESHOLD_MAX_MS))


def _slope(line: deque[tuple[float, float]]) -> float:
    """Of the least-squares line, in ms of delay per ms."""
    count = len(line)
    origin = line[0][0]
    xs = [x - origin for x, _ in line]
    ys = [y for _, y in line]
    mean_x, mean_y = sum(xs) / count, sum(ys) / count
    spread = sum([(x - mean_x) * (x - mean_x) for x in xs])
    if spread <= 0:
        return 0.0
    return sum([(x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)]) / spread / 1000
