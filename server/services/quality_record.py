"""Adds up what is measured of calls to minutes, and writes those down in batches.

Memory holds one open minute per device in a call of this process. What is over is written within
`FLUSH_S`; a process that is killed loses its open minutes and what the last seconds closed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from server.domain.call_quality import RETENTION, Mean, Minute, MinuteMeter, Seat, Told
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database, UnitOfWork

FLUSH_S = 5.0
PENDING_MAX = 20_000
"""Minutes kept while the database is out of reach; then the oldest go."""
LINGER = timedelta(seconds=60)
"""A call that everybody left goes on if somebody is back in this time."""

Observe = Callable[[Minute], None]
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Call:
    id: str
    seats: int = 0
    empty_since: datetime | None = None


class QualityRecord:
    """What the calls of this process are like."""

    def __init__(
        self, database: Database, clock: Clock, fresh: Fresh, observe: Observe = lambda _: None
    ) -> None:
        """`observe` sees each minute once it is over."""
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._observe = observe
        self._calls: dict[str, _Call] = {}  # by room
        self._meters: dict[str, MinuteMeter] = {}  # by peer
        self._pending: deque[Minute] = deque()
        self._flushing = asyncio.Lock()
        self.lost = 0

    def enter(self, room: str, peer: str, person: str, site: str | None) -> None:
        """A device takes part from now on; idempotent."""
        if peer in self._meters:
            return
        call = self._calls.get(room)
        if call is None:
            call = self._calls[room] = _Call(self._fresh.id())
        call.seats += 1
        call.empty_since = None
        seat = Seat(call.id, room, peer, person, site)
        self._meters[peer] = MinuteMeter(seat, self._clock.now())

    def leave(self, peer: str) -> None:
        """It takes part no longer; idempotent."""
        meter = self._meters.pop(peer, None)
        if meter is None:
            return
        self._close(meter)
        call = self._calls[meter.seat.room]
        call.seats -= 1
        if not call.seats:
            call.empty_since = self._clock.now()

    def hear(self, peer: str, stats: Mapping[str, float]) -> None:
        """A reading of the media plane."""
        meter = self._current(peer)
        if meter is not None:
            meter.hear(stats)

    def tell(self, peer: str, told: Told) -> None:
        """What a device says of itself."""
        meter = self._current(peer)
        if meter is not None:
            meter.tell(told)

    def open_minutes(self, room: str) -> list[Minute]:
        """What is not stored yet of a room's call."""
        minutes = (one.minute() for one in self._meters.values() if one.seat.room == room)
        pending = (one for one in self._pending if one.seat.room == room)
        return [*pending, *(minute for minute in minutes if minute is not None)]

    async def guests(self, uow: UnitOfWork, room: str, since: datetime) -> Mean | None:
        """What the links of people without an account were like, up to now."""
        stored = await uow.call_quality.of_guests(room, since)
        now = [one for one in self.open_minutes(room) if one.seat.is_guest and one.at >= since]
        by_key = {(one.seat.peer, one.at): one for one in [*stored, *now]}
        return Mean.of(by_key.values())

    def describe(self) -> Mapping[str, object]:
        """For metrics."""
        return {"open": len(self._meters), "pending": len(self._pending), "lost": self.lost}

    async def flush(self) -> int:
        """Write what is over in one insert; the engine's step. Answers how many."""
        now = self._clock.now()
        for peer, meter in self._meters.items():
            if meter.is_over(now):
                self._close(meter)
                self._meters[peer] = meter.begin(now)
        for room, call in list(self._calls.items()):
            if call.empty_since is not None and now - call.empty_since > LINGER:
                del self._calls[room]
        async with self._flushing:
            return await self._write(list(self._pending), self.lost)

    async def close(self) -> None:
        """Write everything down, open minutes too; idempotent."""
        for peer in list(self._meters):
            self.leave(peer)
        await self.flush()

    async def purge(self) -> int:
        """Delete what is older than the retention; the engine's step."""
        async with self._database.transaction() as uow:
            return await uow.call_quality.purge(self._clock.now() - RETENTION)

    async def _write(self, batch: list[Minute], lost_before: int) -> int:
        if batch:
            async with self._database.transaction() as uow:
                await uow.call_quality.add(batch)
            for _ in range(len(batch) - (self.lost - lost_before)):
                self._pending.popleft()
        return len(batch)

    def _current(self, peer: str) -> MinuteMeter | None:
        meter = self._meters.get(peer)
        if meter is None:
            return None
        now = self._clock.now()
        if meter.is_over(now):
            self._close(meter)
            meter = self._meters[peer] = meter.begin(now)
        return meter

    def _close(self, meter: MinuteMeter) -> None:
        minute = meter.minute()
        if minute is None:
            return
        self._observe(minute)
        self._pending.append(minute)
        if len(self._pending) > PENDING_MAX:
            self._pending.popleft()
            self.lost += 1
            log.warning("quality minute lost", count=len(self._pending))
