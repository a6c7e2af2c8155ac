"""Rate limits by the limits library: in this process, or in Redis for all of them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError

from server.domain.errors import RateLimited, Unavailable
from server.services.ports.clock import Clock
from server.services.ports.rate_limits import Attempt

LIMITS: Mapping[Attempt, RateLimitItem] = {
    Attempt.LOGIN_BY_EMAIL: RateLimitItemPerMinute(10, 15),
    Attempt.LOGIN_BY_ADDRESS: RateLimitItemPerMinute(300, 15),  # a hospital behind one address
    Attempt.OTP_BY_EMAIL: RateLimitItemPerMinute(5, 5),
    Attempt.OTP_BY_ADDRESS: RateLimitItemPerMinute(300, 15),
    Attempt.REGISTER_BY_EMAIL: RateLimitItemPerMinute(3, 60),
    Attempt.REGISTER_BY_ADDRESS: RateLimitItemPerMinute(30, 60),
    Attempt.REFRESH_BY_ADDRESS: RateLimitItemPerMinute(600, 1),
    Attempt.PASSWORD_BY_USER: RateLimitItemPerMinute(10, 15),
    Attempt.INVITATION_BY_LINK: RateLimitItemPerMinute(20, 1),
    Attempt.INVITATION_BY_ADDRESS: RateLimitItemPerMinute(300, 5),
    Attempt.RESULT_BY_LINK: RateLimitItemPerMinute(5, 15),
    Attempt.RESULT_BY_ADDRESS: RateLimitItemPerMinute(60, 15),
    Attempt.CONTACT_CODE_BY_USER: RateLimitItemPerMinute(6, 15),
    Attempt.CONTACT_CODE_BY_VALUE: RateLimitItemPerMinute(
        4, 15
    ),  # whoever asks: nobody is pestered
    Attempt.CONTACT_TEST_BY_USER: RateLimitItemPerMinute(6, 15),
}

PATIENCE_SECONDS = 2.0
"""How long Redis may take before an attempt is refused as `unavailable`."""


class WindowRateLimits:
    """A moving window per kind of attempt and key; keys are stored as hashes."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        limits: Mapping[Attempt, RateLimitItem] = LIMITS,
    ) -> None:
        self._windows = MovingWindowRateLimiter(storage)
        self._clock = clock
        self._limits = limits

    async def hit(self, attempt: Attempt, key: str) -> None:
        """Count one. Raises RateLimited (`retry_after` seconds) above the limit."""
        limit, digest = self._limits[attempt], _digest(key)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                if await self._windows.hit(limit, attempt.value, digest):
                    return
                stats = await self._windows.get_window_stats(limit, attempt.value, digest)
        except (StorageError, TimeoutError) as error:
            raise Unavailable from error
        wait = stats.reset_time - self._clock.now().timestamp()
        raise RateLimited(retry_after=max(1, round(wait)))

    async def forgive(self, attempt: Attempt, key: str) -> None:
        """Forget what was counted: the attempt succeeded."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._windows.clear(self._limits[attempt], attempt.value, _digest(key))
        except (StorageError, TimeoutError) as error:
            raise Unavailable from error


def storage(redis_url: str | None) -> Storage:
    """Counters in Redis, or in this process's memory."""
    if redis_url is None:
        return MemoryStorage(wrap_exceptions=True)
    return RedisStorage(f"async+{redis_url}", wrap_exceptions=True, implementation="redispy")


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()
