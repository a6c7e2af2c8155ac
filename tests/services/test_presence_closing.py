"""A process that stops while the database is away: it says so, and stops all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.errors import Unavailable
from server.services import presence
from server.services.presence import Presence
from tests.services.conftest import FakeClock, RecordingBus


class Away:
    """A database that refuses, or whose answers never come."""

    def __init__(self, *, hangs: bool) -> None:
        self._hangs = hangs

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Any]:
        await self._refuse()
        yield

    transaction = whole = reading

    async def _refuse(self) -> None:
        if self._hangs:
            await asyncio.Event().wait()
        raise Unavailable


@pytest.mark.parametrize("hangs", [False, True], ids=["refuses", "hangs"])
async def test_stopping_does_not_wait_for_a_database_that_is_away(
    hangs: bool, clock: FakeClock, bus: RecordingBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "CLOSE_S", 0.01)
    async with asyncio.timeout(10):
        await Presence(Away(hangs=hangs), clock, SystemFresh(), bus, "node").close()


async def test_a_lease_ends_with_its_process(
    database: SqlDatabase, clock: FakeClock, bus: RecordingBus
) -> None:
    here = Presence(database, clock, SystemFresh(), bus, "node")
    await here.renew()
    await here.close()
    assert not await here.renew(), "nobody renews what was given back"
