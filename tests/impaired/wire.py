"""One direction of a bad link, decided purely: what is lost, and when the rest arrives."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

OVERHEAD_BYTES = 28  # IPv4 and UDP headers count on a limited link


@dataclass(frozen=True, slots=True)
class Burst:
    """Gilbert–Elliott: chances to enter and leave the bad state at each packet, and its loss."""

    enter: float
    leave: float
    loss: float = 1.0


@dataclass(frozen=True, slots=True)
class Impairment:
    """What a direction does to packets; nothing by default."""

    loss: float = 0.0
    """Chance that a packet is lost, whatever became of others."""
    burst: Burst | None = None
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    """Each delay is drawn uniformly from delay ± jitter, as netem does; never below zero."""
    keeps_order: bool = False
    """Whether a late packet holds back those behind it (a radio link) or is overtaken (netem)."""
    reorder: float = 0.0
    """Chance that a packet goes ahead without delay."""
    rate_kbps: float = 0.0
    """0: as fast as it comes."""
    queue_ms: float = 300.0
    """How much may wait for the rate; what comes on top is dropped."""
    is_blocked: bool = False


@dataclass(slots=True)
class Wire:
    """Keeps what the chances depend on; seeded, so that a run can be repeated."""

    seed: int
    impairment: Impairment = field(default_factory=Impairment)
    counts: Counter[str] = field(default_factory=Counter)
    _chance: random.Random = field(init=False)
    _is_bad: bool = False
    _free_at: float = 0.0
    _last_at: float = 0.0

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def carry(self, size: int, now: float) -> float | None:
        """When a packet of `size` bytes arrives, in seconds of `now`'s clock; None: never."""
        reason = self._loses()
        if reason is None:
            arrives_at = self._pass_queue(size, now)
            if arrives_at is None:
                reason = "queue"
        if reason is not None:
            self.counts[reason] += 1
            return None
        assert arrives_at is not None
        self.counts["carried"] += 1
        return self._delayed(arrives_at)

    def _loses(self) -> str | None:
        how = self.impairment
        if how.is_blocked:
            return "blocked"
        if how.burst is not None:
            change = how.burst.leave if self._is_bad else how.burst.enter
            self._is_bad ^= self._chance.random() < change
            if self._is_bad and self._chance.random() < how.burst.loss:
                return "burst"
        return "loss" if self._chance.random() < how.loss else None

    def _pass_queue(self, size: int, now: float) -> float | None:
        rate = self.impairment.rate_kbps
        if not rate:
            return now
        begins_at = max(now, self._free_at)
        if (begins_at - now) * 1000 > self.impairment.queue_ms:
            return None
        self._free_at = begins_at + (size + OVERHEAD_BYTES) * 8 / (rate * 1000)
        return self._free_at

    def _delayed(self, at: float) -> float:
        how = self.impairment
        if how.reorder and self._chance.random() < how.reorder:
            return at
        jitter = how.jitter_ms and self._chance.uniform(-how.jitter_ms, how.jitter_ms)
        at += max(0.0, how.delay_ms + jitter) / 1000
        if how.keeps_order:
            at = self._last_at = max(at, self._last_at)
        return at
