"""What a subscriber's link can carry (draft-ietf-rmcat-gcc-02, sender side as in its §2)."""

import enum
from array import array
from collections import deque
from collections.abc import Sequence

from media.rtp import feedback
from media.rtp.aimd import BETA, RateControl
from media.rtp.loss import SLACK, LossControl
from media.rtp.probe import GOOD, Prober
from media.rtp.sent import MASK, OVERHEAD_BYTES, RING, SentLog
from media.rtp.seqmap import nearest
from media.rtp.swell import Swell
from media.rtp.trendline import TICK_S, Trendline, Usage

START_BPS = 1_200_000
FLOOR_BPS = 60_000
CEILING_BPS = 1_000_000_000
BLIND_BPS = 8_000_000  # until receiver reports of a subscriber without feedback say otherwise
RATE_WINDOW_S = 0.5
ALARM_PACKETS, ALARM_LOSS, ALARM_MS = 4, 0.25, 50.0
CARRIED = 0.75  # of what is sent arrives: the link is full, however little is sent
CALM_MS = 20.0  # of queue at most for a probe to begin
SILENCE_S = 1.5  # without feedback while packets leave
UNFED_PACKETS = 500  # without any feedback: whoever agreed to send it does not
_REFERENCE_S = feedback.TICK_S * feedback.REFERENCE_TICKS
_NOTHING = array("H", bytes(2 * RING))

Times = Sequence[float]
Sizes = Sequence[int]


class Cause(enum.StrEnum):
    """Why an estimate was last lowered."""

    NONE = "none"
    DELAY = "delay"
    LOSS = "loss"
    REMB = "remb"
    SILENCE = "silence"


class RateMeter:
    """Bit/s over the last RATE_WINDOW_S, of batches of bytes."""

    __slots__ = ("_batches", "_bytes")

    def __init__(self) -> None:
        self._batches: deque[tuple[float, int]] = deque()
        self._bytes = 0

    def add(self, at: float, octets: int) -> None:
        """Note bytes up to this time."""
        batches = self._batches
        if batches and at < batches[-1][0]:
            at = batches[-1][0]
        batches.append((at, octets))
        self._bytes += octets
        while at - batches[0][0] > RATE_WINDOW_S and len(batches) > 2:
            self._bytes -= batches.popleft()[1]

    @property
    def rate(self) -> float:
        """0 while there is too little to say."""
        batches = self._batches
        if len(batches) < 2 or batches[-1][0] - batches[0][0] < RATE_WINDOW_S / 5:
            return 0.0
        return 8 * (self._bytes - batches[0][1]) / (batches[-1][0] - batches[0][0])


class Estimator:
    """One transport's; fed with its feedback, or with REMB and reports when it has none."""

    def __init__(self, log: SentLog) -> None:
        self._log = log
        self.is_fed = False  # transport-wide feedback came
        self.is_expected = False  # the subscriber agreed to send it
        self.is_measured = False  # a probe or a decrease has shown what is too much
        self.cause = Cause.NONE
        self.acknowledged = RateMeter()
        self.sent = RateMeter()
        self.prober = Prober()
        self.rtt_s = 0.1
        self._delay = Trendline()
        self._swell = Swell()
        self._rate = RateControl(START_BPS, FLOOR_BPS, CEILING_BPS)
        self._loss = LossControl(CEILING_BPS)
        self._remb = float(CEILING_BPS)
        self._covered = 0  # numbers below it were in some feedback
        self._reference = -1
        self._ticked = 0  # the next number at the last tick
        self._unfed_since = -1.0

    @property
    def bitrate(self) -> int:
        """Bit/s, our overhead included."""
        if self.is_fed or self.is_expected:
            return int(min(self._rate.bitrate, self._loss.bitrate))
        if self._remb < CEILING_BPS:
            return int(min(self._remb, self._loss.bitrate))
        return int(min(BLIND_BPS, self._loss.bitrate))

    @property
    def queue_ms(self) -> float:
        """Of the bottleneck, as delay shows it."""
        return self._delay.queue_ms

    # --- feedback ---

    def receive(self, body: bytes, now: float) -> None:
        """Transport-wide feedback; raises ValueError where it is malformed."""
        base, reference, ticks = feedback.read(body)
        log, count = self._log, len(ticks)
        first = nearest(base, log.next)
        if first < max(0, log.next - RING) or first + count > log.next:
            return  # older than we remember, or of nothing that we sent
        self._unwrap(reference)
        start = self._reference * _REFERENCE_S
        place = first & MASK
        if place + count <= RING and min(ticks) >= 0 and first >= self._covered:
            sent: Times = log.times[place : place + count]
            sizes: Sizes = log.sizes[place : place + count]
            log.sizes[place : place + count] = _NOTHING[:count]
            lost = 0
        else:
            sent, sizes, ticks, lost = self._pick(first, ticks)
        reported = max(0, first + count - max(first, self._covered))
        self._covered = max(self._covered, first + count)
        self._unfed_since = -1.0
        self._account(sent, sizes, ticks, start, reported, lost, now)

    def _account(
        self, sent: Times, sizes: Sizes, ticks: list[int], start: float,
        reported: int, lost: int, now: float,
    ) -> None:  # fmt: skip
        if not self.is_fed:
            self.is_fed = True
            self._loss = LossControl(CEILING_BPS)
        if len(sent):
            octets = sum(sizes) + OVERHEAD_BYTES * len(sizes)
            self.acknowledged.add(start + max(ticks) * TICK_S, octets)
            lost_octets = max(lost, 0) * octets // len(sizes)
            self.sent.add(sent[-1], octets + lost_octets)
        probe = self.prober.probe
        if probe is not None and self._covered > probe.first:
            self._feed_probe(sent, sizes, ticks, start, now)
        # A probe makes a queue on purpose: neither its delay nor its loss is the media's.
        usage = self._delay.add(sent, ticks, start, now) if probe is None else Usage.UNDER
        acknowledged = self.acknowledged.rate
        sent_rate = self.sent.rate
        is_filled = sent_rate > SLACK * self.bitrate or acknowledged < CARRIED * sent_rate
        if probe is None and len(sent):
            is_swelling = self._swells(sent, sizes, ticks, start)
            arriving = self._swell.rate
            is_too_slow = 0 < arriving < CARRIED * sent_rate
            if self._overflows(reported, lost) or (is_swelling and is_too_slow):
                usage, is_filled = Usage.OVER, True
                acknowledged = min(acknowledged or arriving, arriving or acknowledged)
        if self._rate.look(usage, acknowledged, self.rtt_s, now, is_filled=is_filled):
            self._lowered(Cause.DELAY, now)
        elif acknowledged > self.bitrate and usage is Usage.NORMAL and self.queue_ms < CALM_MS:
            self._carries(acknowledged)
        if probe is None:
            self._loss.add(reported, lost)
        floor = max(FLOOR_BPS, BETA * self.acknowledged.rate)
        if self._loss.look(self.bitrate, self.sent.rate, floor, now):
            self._rate.limit(self._loss.bitrate)
            self._lowered(Cause.LOSS, now)

    def _swells(self, sent: Times, sizes: Sizes, ticks: list[int], start: float) -> bool:
        """Whether all of late waited unusually long."""
        arrived = [start + tick * TICK_S for tick in ticks]
        waits = [at - left for at, left in zip(arrived, sent, strict=True)]
        arrivals = list(zip(arrived, waits, sizes, strict=True))
        return self._swell.add(arrivals, self._delay.least_s)

    def _carries(self, bitrate: float) -> None:
        """So much arrived without making a queue."""
        self._rate.probed(bitrate)
        self._loss.probed(bitrate)

    def _overflows(self, reported: int, lost: int) -> bool:
        """Much lost and the rest late: that needs no second look."""
        is_lossy = lost >= ALARM_PACKETS and lost > ALARM_LOSS * reported
        return is_lossy and self._delay.latest_ms > ALARM_MS

    def _lowered(self, cause: Cause, now: float) -> None:
        self.is_measured = True
        self.cause = cause
        self.prober.postpone(now)

    def _unwrap(self, reference: int) -> None:
        if self._reference < 0:
            self._reference = reference
        else:
            behind = (reference - self._reference + 0x800000) & 0xFFFFFF
            self._reference += behind - 0x800000

    def _pick(self, first: int, ticks: list[int]) -> tuple[list[float], list[int], list[int], int]:
        """Send times, sizes and arrivals of what is newly acknowledged, and how much was lost.

        Late arrivals of what an earlier message called lost count as less than nothing lost.
        """
        log, covered = self._log, self._covered
        sent: list[float] = []
        sizes: list[int] = []
        arrived: list[int] = []
        lost = 0
        for number, tick in enumerate(ticks, first):
            place = number & MASK
            if tick < 0:
                lost += number >= covered
                continue
            size = log.sizes[place]
            if size:
                lost -= number < covered
                sent.append(log.times[place])
                sizes.append(size)
                arrived.append(tick)
                log.sizes[place] = 0
        return sent, sizes, arrived, lost

    def _feed_probe(
        self, sent: Times, sizes: Sizes, ticks: list[int], start: float, now: float
    ) -> None:
        """Packets between the probe's own count as its packets."""
        probe = self.prober.probe
        assert probe is not None
        end_s = self._log.times[(probe.end - 1) & MASK] if probe.end >= 0 else now
        inside = [i for i, at in enumerate(sent) if probe.began_at <= at <= end_s]
        probe.add(
            [sent[i] for i in inside],
            [start + ticks[i] * TICK_S for i in inside],
            [sizes[i] + OVERHEAD_BYTES for i in inside],
        )
        if 0 <= probe.end <= self._covered:
            result = self.prober.finish(self.bitrate, now)
            if result > self.bitrate:
                self._carries(result)
            if 0 < result < GOOD * probe.rate:
                self.is_measured = True
            self._delay.restart()
            self._swell.forget()

    # --- without it ---

    def limit(self, bitrate: int, now: float) -> None:
        """A REMB; ignored once there is better."""
        if bitrate:
            if bitrate < self._remb and not self.is_fed:
                self.is_measured = True
                self.cause = Cause.REMB
            self._remb = max(FLOOR_BPS, bitrate)

    def reported(self, fraction_lost: int, packets: int, now: float) -> None:
        """A receiver report: loss in 1/256 of about so many packets; for want of feedback."""
        if not self.is_fed:
            self._loss.add(packets, round(packets * fraction_lost / 256))
            if self._loss.look(self.bitrate, self.bitrate, FLOOR_BPS, now):
                self.is_measured = True
                self.cause = Cause.LOSS

    def moved(self) -> None:
        """Packets take another path: its delay has nothing to do with the former's."""
        self._delay.forget()
        self._swell.forget()

    def tick(self, now: float) -> None:
        """Halve after each SILENCE_S in which packets leave and no feedback comes back."""
        if self.is_expected and not self.is_fed and self._log.next > UNFED_PACKETS:
            self.is_expected = False
        is_idle = self._log.next == self._ticked
        self._ticked = self._log.next
        if is_idle or self._covered >= self._log.next:
            self._unfed_since = -1.0
        elif self._unfed_since < 0:
            self._unfed_since = now
        if self.is_fed and self._unfed_since >= 0 and now - self._unfed_since > SILENCE_S:
            self._unfed_since = now
            self._rate.limit(self._rate.bitrate / 2)
            self._lowered(Cause.SILENCE, now)

    # --- probing ---

    def begin_probe(self, wanted: float, now: float) -> bool:
        """Whether a probe begins now, for these bit/s."""
        is_calm = self._delay.usage is Usage.NORMAL and self.queue_ms < CALM_MS
        probe = self.prober.begin(self.bitrate, wanted, self._log.next, now, is_calm=is_calm)
        return probe is not None

    def probe_bytes(self, now: float) -> int:
        """How much padding is due; -1 when the probe is over."""
        probe = self.prober.probe
        if probe is None or probe.end >= 0:
            return -1
        log = self._log
        for number in range(probe.counted, log.next):
            probe.octets += log.sizes[number & MASK] + OVERHEAD_BYTES
        probe.counted = log.next
        if probe.is_sent(now) or log.next - probe.first > RING // 4:
            probe.end = log.next
            return -1
        return max(0, probe.due(now))
