"""A sign of life to a watchdog elsewhere: a dead server can still be missed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

from server.services.ports.webhooks import Courier

log = structlog.get_logger(__name__)

BEAT_S = 60.0

Probe = Callable[[], Awaitable[None]]
"""Raises when something is not right."""


class Heartbeat:
    """Calls an address each minute in which everything is right, and in no other."""

    def __init__(self, courier: Courier, url: str | None, probes: Sequence[Probe]) -> None:
        self._courier = courier
        self._url = url
        self._probes = probes
        self._sent = 0
        self._withheld = 0
        self._failed = 0

    async def beat(self) -> bool:
        """Call it; answers whether a call arrived."""
        if self._url is None:
            return False
        for probe in self._probes:
            try:
                await probe()
            except Exception as error:
                self._withheld += 1
                log.error("heartbeat-withheld", error=type(error).__name__)
                return False
        outcome = await self._courier.post(self._url, {"user-agent": "Guardline-Heartbeat/1"}, b"")
        if not outcome.is_success:
            self._failed += 1
            log.warning("heartbeat-failed", status=outcome.status, error=outcome.error)
            return False
        self._sent += 1
        return True

    def describe(self) -> Mapping[str, object]:
        """Counts, for metrics."""
        return {"sent": self._sent, "withheld": self._withheld, "failed": self._failed}
