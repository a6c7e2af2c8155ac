"""How often one socket may ask for what."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from server.domain.errors import RateLimited


@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket's shape: events per second on average, and at once."""

    per_second: float
    burst: int


class Kind(Enum):
    """Classes of events; each socket has a bucket of each."""

    ENTRY = Rate(2, 40)
    CHAT = Rate(20, 200)
    STATE = Rate(20, 100)
    MEDIA = Rate(5, 60)
    REPORT = Rate(0.5, 20)
    MODERATION = Rate(5, 40)
    KEYS = Rate(10, 100)
    TRIAL = Rate(0.1, 12)
    UNKNOWN = Rate(1, 20)


class Bucket:
    """Leaks tokens back at a rate."""

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate = rate
        self._tokens = float(rate.burst)
        self._at = now

    def take(self, now: float) -> None:
        """Use one token. Raises RateLimited saying when there will be one."""
        refill = (now - self._at) * self._rate.per_second
        self._tokens = min(float(self._rate.burst), self._tokens + refill)
        self._at = now
        if self._tokens < 1:
            wait = (1 - self._tokens) / self._rate.per_second
            raise RateLimited(retry_after=math.ceil(wait * 100) / 100)
        self._tokens -= 1


class Allowance:
    """What one socket may still ask, and how often it asked in vain."""

    STRIKES = 1000

    def __init__(self, now: float) -> None:
        self._buckets = {kind: Bucket(kind.value, now) for kind in Kind}
        self.strikes = 0

    def take(self, kind: Kind, now: float) -> None:
        """Use one token of a kind. Raises RateLimited."""
        try:
            self._buckets[kind].take(now)
        except RateLimited:
            self.strikes += 1
            raise
        self.strikes = 0

    @property
    def is_abusive(self) -> bool:
        """Whether a client goes on and on although refused."""
        return self.strikes >= self.STRIKES
