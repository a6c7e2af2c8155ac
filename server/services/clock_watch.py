"""Watching the clock: a wall clock that somebody set is told, and never delays an alert."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import structlog

from server.domain.alarms import LEASE, AlarmKind
from server.services.alarms import end_alarm, raise_alarm
from server.services.ports.clock import Clock, Timekeeper
from server.services.ports.unit_of_work import Database

log = structlog.get_logger(__name__)

WATCH_S = 10.0
SKEW_S = 2.0
"""Deadlines are met within 2 s; clocks further apart than that break the promise."""

_KINDS = frozenset({AlarmKind.CLOCK_STEPPED, AlarmKind.CLOCK_SKEWED})

Reference = Callable[[], Awaitable[datetime | None]]
"""Another machine's clock, None where there is none; the database server's."""


class ClockWatch:
    """Compares the process's time with the machine's wall clock and with the database's clock."""

    def __init__(
        self, database: Database, clock: Clock, keeper: Timekeeper, reference: Reference, host: str
    ) -> None:
        self._database = database
        self._clock = clock
        self._keeper = keeper
        self._reference = reference
        self._host = host
        self._skew_s = 0.0
        self._told: datetime | None = None
        self._standing = _KINDS  # what a former process on this machine may have raised

    async def check(self) -> None:
        """Raise what is wrong, end what is over."""
        now = self._clock.now()
        self._skew_s = await self._skew()
        step, ahead_s = self._keeper.step, self._keeper.ahead_s
        if step is not None and step.at != self._told:
            self._told = step.at
            log.error("clock-stepped", seconds=round(step.by.total_seconds(), 1))
        wrong: dict[AlarmKind, Mapping[str, float]] = {}
        if step is not None and (ahead_s > SKEW_S or now - step.at < LEASE):
            seconds = step.by.total_seconds()
            wrong[AlarmKind.CLOCK_STEPPED] = {"seconds": round(seconds), "ahead": round(ahead_s)}
        if abs(self._skew_s) > SKEW_S:
            wrong[AlarmKind.CLOCK_SKEWED] = {"seconds": round(self._skew_s)}
        if not wrong and not self._standing:
            return
        async with self._database.transaction() as uow:
            for kind in self._standing - wrong.keys():
                await end_alarm(uow, kind, self._host)
            for kind, told in wrong.items():
                await raise_alarm(uow, kind, self._host, now, told)
        self._standing = frozenset(wrong)

    async def probe(self) -> None:
        """Raise RuntimeError while time cannot be trusted to 2 s."""
        if self._keeper.ahead_s > SKEW_S or abs(self._skew_s) > SKEW_S:
            raise RuntimeError("clocks disagree")

    def describe(self) -> Mapping[str, object]:
        """Seconds, for metrics."""
        step = self._keeper.step
        return {
            "ahead_seconds": self._keeper.ahead_s,
            "database_skew_seconds": self._skew_s,
            "last_step_seconds": step.by.total_seconds() if step else 0.0,
        }

    async def _skew(self) -> float:
        """How far the process's time is ahead of the reference; half of the way there is noise."""
        asked_at = self._clock.now()
        told = await self._reference()
        if told is None:
            return 0.0
        return (asked_at + (self._clock.now() - asked_at) / 2 - told).total_seconds()
