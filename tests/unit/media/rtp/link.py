"""A simulated subscriber behind a bottleneck: a queue, a rate, loss and jitter, on a made clock."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from media.rtp.estimator import Estimator
from media.rtp.sent import MASK, OVERHEAD_BYTES, SentLog
from media.rtp.twcc import TransportFeedback

STEP_S = 0.005
FRAME_S = 1 / 30
AUDIO_S = 0.020
FEEDBACK_S = 0.100
PROBE_S = 0.020
TICK_S = 0.100
PACKET_BYTES = 1100


@dataclass
class Link:
    """Bit/s, one-way delays in seconds; the queue drops what would wait longer than it holds."""

    rate: float
    queue_s: float = 0.5
    delay_s: float = 0.025
    jitter_s: float = 0.0
    loss: float = 0.0
    dice: random.Random = field(default_factory=lambda: random.Random(5))
    keeps_order: bool = False
    free_at: float = 0.0
    last_at: float = 0.0

    def carry(self, size: int, now: float) -> float:
        """When it arrives, or -1."""
        if self.dice.random() < self.loss or self.free_at - now > self.queue_s:
            return -1.0
        self.free_at = max(self.free_at, now) + 8 * size / self.rate
        at = self.free_at + self.delay_s + self.jitter_s * self.dice.random()
        if self.keeps_order:
            at = self.last_at = max(at, self.last_at)
        return at


class Call:
    """Sends audio, and video at the estimate or less; feeds the subscriber's feedback back."""

    def __init__(self, link: Link, video: Callable[[float], float], wanted: float) -> None:
        self.link = link
        self.log = SentLog()
        self.estimator = Estimator(self.log)
        self.now = 1.0
        self.audio_waits: list[float] = []
        self.audio_lost = 0
        self._video = video
        self._wanted = wanted
        self._feedback = TransportFeedback()
        self._arriving: list[tuple[float, int, bool, float]] = []
        self._next = {"video": 1.0, "audio": 1.0, "feedback": 1.1, "probe": 1.0, "tick": 1.0}
        self._returning: list[tuple[float, bytes]] = []

    def _is_due(self, what: str, every: float) -> bool:
        if self.now < self._next[what] - 1e-9:
            return False
        self._next[what] += every
        return True

    def _send(self, size: int, is_audio: bool = False) -> None:
        number = self.log.next
        self.log.sizes[number & MASK] = size
        self.log.next += 1
        at = self.link.carry(size + OVERHEAD_BYTES, self.now)
        if at >= 0:
            self._arriving.append((at, number, is_audio, self.now))
        elif is_audio:
            self.audio_lost += 1

    def run(self, seconds: float) -> "Call":
        end = self.now + seconds
        while self.now < end:
            self._step()
            self.now += STEP_S
        return self

    def run_until(self, condition: Callable[[float], bool], within_s: float) -> float:
        """Seconds until the estimate is so; asserts that it comes in time."""
        began = self.now
        while not condition(self.estimator.bitrate):
            assert self.now - began <= within_s, f"still {self.estimator.bitrate} bit/s"
            self.run(STEP_S)
        return self.now - began

    def _step(self) -> None:
        if self._is_due("audio", AUDIO_S):
            self._send(100, is_audio=True)
        if self._is_due("video", FRAME_S):
            left = int(self._video(self.estimator.bitrate) * FRAME_S / 8)
            while left > 0:
                self._send(max(1, min(left, PACKET_BYTES)))
                left -= PACKET_BYTES
        if self._is_due("probe", PROBE_S):
            self._probe()
        self.log.stamp(self.now)
        self._receive()

    def _probe(self) -> None:
        if self._is_due("tick", TICK_S):
            self.estimator.tick(self.now)
        self.estimator.begin_probe(self._wanted, self.now)
        due = self.estimator.probe_bytes(self.now)
        while due > 0:
            self._send(PACKET_BYTES)
            due -= PACKET_BYTES

    def _receive(self) -> None:
        self._arriving.sort()
        while self._arriving and self._arriving[0][0] <= self.now:
            at, number, is_audio, sent_at = self._arriving.pop(0)
            self._feedback.add(number & 0xFFFF, at + 1000)
            if is_audio:
                self.audio_waits.append(at - sent_at)
        if self._is_due("feedback", FEEDBACK_S):
            for body in self._feedback.take():
                self._returning.append((self.now + self.link.delay_s, body))
        while self._returning and self._returning[0][0] <= self.now:
            self.estimator.receive(self._returning.pop(0)[1], self.now)
