"""Probing for bandwidth that media alone would not show: bursts of padding at a known rate."""

from collections.abc import Sequence

SPAN_S = 0.100
PACKETS_MIN = 5
BYTES_MIN = 4_000
RESULT_S = 1.0  # feedback later than this is of no use
ARRIVED_MIN = 0.8
STEP, STEP_MIN_BPS = 2.0, 150_000
BEYOND = 1.1  # of what could be used
GOOD = 0.7  # of the rate probed: try the next step at once
SATURATED = 0.9  # arriving slower than this share of the sending rate: that is the link
BELOW_LINK = 0.95
INTERVAL_S, INTERVAL_MAX_S, BACK_OFF = 2.0, 4.0, 1.4


class Probe:
    """One burst, over the transport-wide numbers [first, end)."""

    __slots__ = (
        "_arrived", "_sent", "_sizes", "began_at", "counted", "end", "first", "octets", "rate",
    )  # fmt: skip

    def __init__(self, rate: float, first: int, now: float) -> None:
        self.rate = rate
        self.first = self.counted = first
        self.octets = 0  # of the packets numbered below `counted`
        self.end = -1  # until all is sent
        self.began_at = now
        self._sent: list[float] = []
        self._arrived: list[float] = []
        self._sizes: list[int] = []

    def due(self, now: float) -> int:
        """Bytes that are missing at the rate."""
        return int((now - self.began_at + 0.010) * self.rate / 8) - self.octets

    def is_sent(self, now: float) -> bool:
        """Whether it lasted long enough and holds enough."""
        return now - self.began_at >= SPAN_S and self.octets >= BYTES_MIN

    def add(self, sent: Sequence[float], arrived: Sequence[float], sizes: Sequence[int]) -> None:
        """Packets of the burst that arrived, in the order sent."""
        self._sent += sent
        self._arrived += arrived
        self._sizes += sizes

    def result(self) -> float:
        """Bit/s that went through; 0 when too little arrived to say."""
        sent, arrived, sizes = self._sent, self._arrived, self._sizes
        if len(sent) < max(PACKETS_MIN, ARRIVED_MIN * (self.end - self.first)):
            return 0.0
        # Bytes leave in clumps: count those after the first, from its end to the end of all.
        first = next((place for place, at in enumerate(sent) if at > sent[0]), 0)
        last = next((place for place, at in enumerate(sent) if at == sent[-1]), 0)
        sending_s = sent[-1] - sent[0]
        arriving_s = max(arrived) - max(arrived[:first], default=arrived[0])
        if not first or sending_s < SPAN_S / 4 or arriving_s < SPAN_S / 8:
            return 0.0
        sending = 8 * sum(sizes[:last]) / sending_s
        arriving = 8 * sum(sizes[first:]) / arriving_s
        if arriving < SATURATED * sending:
            return BELOW_LINK * arriving
        return min(sending, arriving)


class Prober:
    """When to probe, and how fast."""

    def __init__(self) -> None:
        self.probe: Probe | None = None
        self._next_at = 0.0
        self._interval_s = INTERVAL_S

    def begin(
        self, estimate: float, wanted: float, first: int, now: float, *, is_calm: bool
    ) -> Probe | None:
        """A probe when one is due and could win anything, in bit/s."""
        if self.probe is not None:
            if now - self.probe.began_at < RESULT_S:
                return None
            self.finish(estimate, now)
        if wanted <= estimate or not is_calm or now < self._next_at:
            return None
        self.probe = Probe(
            min(max(STEP * estimate, estimate + STEP_MIN_BPS), BEYOND * wanted), first, now
        )
        return self.probe

    def finish(self, estimate: float, now: float) -> float:
        """The result of the probe under way, 0 for none; sets when the next may begin."""
        probe, self.probe = self.probe, None
        if probe is None:
            return 0.0
        result = probe.result()
        if result >= GOOD * probe.rate and result > estimate:
            self._next_at = now
            self._interval_s = INTERVAL_S
        else:
            self._next_at = now + self._interval_s
            self._interval_s = min(self._interval_s * BACK_OFF, INTERVAL_MAX_S)
        return result

    def postpone(self, now: float) -> None:
        """The link was just found to be full."""
        self.probe = None
        self._next_at = max(self._next_at, now + self._interval_s)
