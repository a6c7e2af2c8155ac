"""A token bucket: so many at once, so many a second."""


class TokenBucket:
    """Refilled by the time that passed between calls."""

    __slots__ = ("_capacity", "_filled_at", "_per_second", "_tokens")

    def __init__(self, capacity: float, per_second: float) -> None:
        self._capacity = capacity
        self._per_second = per_second
        self._tokens = capacity
        self._filled_at = 0.0

    def take(self, now: float) -> bool:
        """Whether one more is allowed now."""
        elapsed = max(0.0, now - self._filled_at)
        self._tokens = min(self._capacity, self._tokens + elapsed * self._per_second)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
