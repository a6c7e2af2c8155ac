"""The quality record on each database: stored once, counted by call, by site and path."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.adapters.bus import LocalBus
from server.adapters.clock import SystemClock
from server.adapters.database.unit_of_work import SqlDatabase, create_engine
from server.domain.call_quality import LinkPath, Minute, Seat
from server.domain.organisations import Kind, Organisation
from server.domain.rooms import Room, RoomKind
from server.services.ports.call_quality import CallSpan, Worst
from tests.adapters.databases import KINDS, migrated_database

NOW = datetime(2026, 2, 14, 10, tzinfo=UTC)
SEAT = Seat("first", "room", "peer-1", "ada", "north")
GOOD = Minute(
    SEAT, NOW, 20, 4.5, 4.0, 0.0, 0.01, 2.0, 20.0, 800.0, 900.0, 720, 720, 0, 0.0, LinkPath.UDP
)


def minute(seat: Seat = SEAT, after: int = 0, **changed: object) -> Minute:
    """A minute so many minutes later."""
    at = NOW + timedelta(minutes=after)
    return replace(GOOD, seat=seat, at=at, **changed)  # type: ignore[arg-type]


@pytest.fixture(params=KINDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SqlDatabase]:
    async with migrated_database(request, tmp_path) as url:
        opened = SqlDatabase(create_engine(url), LocalBus(), SystemClock())
        async with opened.transaction() as uow:
            hospital = Organisation("north", "North", Kind.HOSPITAL, is_demo=False)
            assert await uow.organisations.add(hospital)
            room = Room.create("room", "ada", NOW, title="x", kind=RoomKind.TELEVISIT)
            await uow.rooms.add(room)
        yield opened
        await opened.close()


async def test_minutes_are_kept_once_and_read_by_call(database: SqlDatabase) -> None:
    guest = replace(SEAT, peer="peer-2", person="guest:1", site=None)
    later = replace(SEAT, call="second", peer="peer-3")
    stored = [minute(), minute(after=1), minute(guest, path=None, rtt_ms=None), minute(later, 60)]
    for _ in range(2):
        async with database.transaction() as uow:
            await uow.call_quality.add(stored)
            await uow.call_quality.add([])
    async with database.reading() as uow:
        kept = uow.call_quality
        assert list(await kept.calls("room", 10)) == [
            CallSpan("second", NOW + timedelta(minutes=60), NOW + timedelta(minutes=60)),
            CallSpan("first", NOW, NOW + timedelta(minutes=1)),
        ]
        assert list(await kept.of_call("first", 10, "ada")) == stored[:2]
        assert {one.seat.person for one in await kept.of_call("first", 10)} == {"ada", "guest:1"}
        assert list(await kept.of_call("first", 1)) == [stored[1]]
        assert list(await kept.of_guests("room", NOW)) == [stored[2]]
        assert list(await kept.of_guests("room", NOW + timedelta(seconds=1))) == []


async def test_calls_are_ranked_and_links_counted_by_site_and_path(database: SqlDatabase) -> None:
    bad = replace(SEAT, call="bad", peer="peer-4", person="bo")
    away = replace(SEAT, call="mixed", peer="peer-5", person="guest:2", site=None)
    tied = replace(SEAT, call="tied", peer="peer-6")
    async with database.transaction() as uow:
        await uow.call_quality.add(
            [
                minute(),
                minute(tied),
                minute(bad, score=1.0, score_min=0.5, loss_up=0.3, freezes=2, frozen_s=1.5),
                minute(bad, 1, score=2.0),
                minute(away, path=LinkPath.TURN_TLS, score=3.0),
            ]
        )
    async with database.reading() as uow:
        kept = uow.call_quality

        async def ranked(**chosen: object) -> list[str]:
            given = {"site": None, "path": None, "after": None} | chosen
            found = await kept.worst(NOW, 10, **given)  # type: ignore[arg-type]
            return [one.call for one in found]

        assert await ranked() == ["bad", "mixed", "first", "tied"]
        assert await ranked(after=Worst(3.0, "mixed")) == ["first", "tied"]
        assert await ranked(after=Worst(4.5, "first")) == ["tied"]
        assert await ranked(site="north") == ["bad", "first", "tied"]
        assert await ranked(path=LinkPath.TURN_TLS) == ["mixed"]
        (worst,) = await kept.worst(NOW, 1, site=None, path=None, after=None)
        assert (worst.people, worst.minutes, worst.poor_minutes) == (1, 2, 2)
        assert (worst.score, worst.score_min, worst.freezes) == (1.5, 0.5, 2)
        assert worst.loss == pytest.approx(0.155)
        assert worst.kind is RoomKind.TELEVISIT or worst.kind == "televisit"
        shares = {(one.site_name, one.path): one for one in await kept.shares(NOW)}
        assert shares["North", LinkPath.UDP].minutes == 4
        assert shares["North", LinkPath.UDP].poor_minutes == 2
        assert shares[None, LinkPath.TURN_TLS].score == 3.0
    async with database.transaction() as uow:
        assert await uow.call_quality.purge(NOW + timedelta(seconds=1)) == 4
