"""Figures on each database: counted by month and service, and none of what lies outside."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from server.adapters.bus import LocalBus
from server.adapters.clock import SystemClock
from server.adapters.database.unit_of_work import SqlDatabase, create_engine
from server.adapters.fresh import SystemFresh
from server.domain.figures import Measure, Share, Span, Use
from server.domain.rooms import Room, RoomKind
from server.domain.timeline import EventType
from server.services.timeline import append
from tests.adapters.databases import KINDS, migrated_database

NOW = datetime(2026, 2, 14, tzinfo=UTC)
SPAN = Span.until(NOW.date(), 2)


@pytest.fixture(params=KINDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SqlDatabase]:
    async with migrated_database(request, tmp_path) as url:
        opened = SqlDatabase(create_engine(url), LocalBus(), SystemClock())
        yield opened
        await opened.close()


async def test_use_is_counted_by_month_and_service(database: SqlDatabase) -> None:
    fresh = SystemFresh()
    async with database.transaction() as uow:
        for kind, days_ago, calls in (
            (RoomKind.GUARD, 0, 2),
            (RoomKind.GUARD, 1, 0),
            (RoomKind.BOARD, 30, 1),
            (RoomKind.BOARD, 100, 1),
        ):
            at = NOW - timedelta(days=days_ago)
            room = Room.create(fresh.id(), "ada", at, title="x", kind=kind)
            await uow.rooms.add(room)
            for _ in range(calls):
                await append(uow, room.id, EventType.CALL_JOINED, None, {}, at, fresh)
    async with database.reading() as uow:
        assert await uow.figures.use(SPAN) == [
            Use(date(2026, 1, 1), RoomKind.BOARD, 1, 1),
            Use(date(2026, 2, 1), RoomKind.GUARD, 2, 1),
        ]
        assert await uow.figures.guard(SPAN) == [
            Share(Measure.GUARD_ACCEPTED_IN_TIME, 0, 0),
            Share(Measure.GUARD_COVERED, 0, 0),
        ]
        assert await uow.figures.televisits(SPAN) == [
            Share(Measure.TELEVISIT_GOOD_LINK, 0, 0),
            Share(Measure.TELEVISIT_SUITABLE, 0, 0),
        ]
