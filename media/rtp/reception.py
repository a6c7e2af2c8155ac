"""Reception statistics of one stream (RFC 3550 §6.4.1, A.3, A.8)."""

from dataclasses import dataclass

LOST_MAX = 0x7FFFFF


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What a receiver report says about one stream."""

    ssrc: int
    fraction_lost: int  # 1/256
    lost: int  # signed, cumulative
    highest: int  # extended sequence number
    jitter: int  # timestamp units
    last_sr: int  # middle 32 bits of the sender's NTP time
    delay: int  # since that report, 1/65536 s


class Reception:
    """Fed with each packet; hot path: not frozen."""

    __slots__ = (
        "_beyond", "_clock_rate", "_expected_before", "_first", "_received_before", "_sr_arrived",
        "_sr_middle", "_transit", "bytes", "highest", "jitter", "received",
    )  # fmt: skip

    def __init__(self, clock_rate: int) -> None:
        self._clock_rate = clock_rate
        self._first = -1
        self._transit = 0.0
        self._expected_before = 0
        self._received_before = 0
        self._beyond = 0
        self._sr_middle = 0
        self._sr_arrived = 0.0
        self.highest = -1
        self.received = 0
        self.bytes = 0
        self.jitter = 0.0

    def add(self, index: int, timestamp: int, size: int, now: float) -> None:
        """Note a packet of this many bytes that arrived now."""
        transit = now * self._clock_rate - timestamp
        if self._first < 0 or index < self._first:
            self._first = index
        if self.received:
            change = abs(transit - self._transit)
            # A jump of more than a few seconds is a new timeline, not jitter.
            if change < 8 * self._clock_rate:
                self.jitter += (change - self.jitter) / 16
        self._transit = transit
        if index > self.highest:
            self.highest = index
        self.received += 1
        self.bytes += size

    @property
    def expected(self) -> int:
        """How many packets the sender has numbered since the first that came."""
        return self.highest - self._first + 1 if self._first >= 0 else 0

    def sender_report(self, ntp: int, now: float) -> None:
        """Note the sender's report (64-bit NTP time)."""
        self._sr_middle = ntp >> 16 & 0xFFFFFFFF
        self._sr_arrived = now

    def report(self, ssrc: int, now: float, beyond: int = 0) -> ReportBlock:
        """The block to send now; its fraction covers the time since the last one.

        `beyond` (1/256) is what a receiver further on loses: told as our own where that is less.
        """
        expected = self.expected
        interval = expected - self._expected_before
        lost = interval - (self.received - self._received_before)
        if interval > 0 and (further := (beyond * interval >> 8) - max(lost, 0)) > 0:
            self._beyond += further
            lost = max(lost, 0) + further
        self._expected_before = expected
        self._received_before = self.received
        fraction = min(255, (lost << 8) // interval) if interval > 0 and lost > 0 else 0
        return ReportBlock(
            ssrc=ssrc,
            fraction_lost=fraction,
            lost=max(-LOST_MAX, min(expected - self.received + self._beyond, LOST_MAX)),
            highest=max(self.highest, 0) & 0xFFFFFFFF,
            jitter=int(self.jitter),
            last_sr=self._sr_middle,
            delay=min(int((now - self._sr_arrived) * 65536), 0xFFFFFFFF) if self._sr_middle else 0,
        )
