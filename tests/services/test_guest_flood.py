"""Hazard 24: a crowd at the guests' door delays no alert of the guard, and loses none."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from limits.aio.storage import MemoryStorage

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.adapters.rate_limits import WindowRateLimits
from server.domain.access import Role
from server.domain.errors import DomainError, RateLimited
from server.domain.invitations import LinkInvalid
from server.domain.organisations import Organisation
from server.services.door import AT_ONCE, WAITING_LIMIT, Door
from server.services.invitations import Invitations
from server.services.presence import Presence
from server.services.tokens import Tokens
from tests.services.conftest import AddUser, FakeClock, RecordingBus
from tests.services.guard_cast import on_file
from tests.services.rooms_cast import Cast

JOINS = 1000
GUESTS = 20
PER_ADDRESS = 300
ALERTS = 5


class Crowd:
    """Guests, and others who try, at one server's door."""

    def __init__(self, cast: Cast, clock: FakeClock, fresh: SystemFresh, bus: RecordingBus) -> None:
        self._cast = cast
        door, limits = Door(), WindowRateLimits(MemoryStorage(), clock)
        common = (cast.database, clock, fresh)
        self._links = Invitations(
            *common, cast.room_tokens, limits, "https://rooms.example", door=door
        )
        self._presence = Presence(*common, bus, "node", door)
        self.ended: list[str] = []
        """How each join ended, in order."""

    async def join(self, code: str, room: str, address: str) -> None:
        """Come in by a link and enter the room, as a guest's page does."""
        try:
            arrival = await self._links.redeem(code, None, address)
            guest = await self._cast.tokens.authenticate(arrival.token.token)
            await self._presence.join(guest, room, "phone")
        except DomainError as error:
            self.ended.append(error.code)
        else:
            self.ended.append("in")


@pytest.fixture
def cast(database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, tokens: Tokens) -> Cast:
    return Cast.of(database, clock, fresh, tokens)


@pytest.fixture
def crowd(cast: Cast, clock: FakeClock, fresh: SystemFresh, bus: RecordingBus) -> Crowd:
    return Crowd(cast, clock, fresh, bus)


async def test_hazard_24_a_thousand_joins_delay_no_alert_and_lose_none(
    cast: Cast,
    crowd: Crowd,
    database: SqlDatabase,
    clock: FakeClock,
    fresh: SystemFresh,
    hospital: Organisation,
    add_user: AddUser,
    bus: RecordingBus,
) -> None:
    ward = on_file(database, clock, fresh)
    rita, nurse = await add_user("Rita", Role.RADIOLOGIST), await add_user("Nina", Role.NURSE)
    await ward.furnish(hospital.id, (rita, 60))
    host = await add_user("Ada")
    room = (await cast.room(host)).access.room.id
    codes = [
        (await cast.invitations.create(host, room, name="Gabi", lobby=False)).link.partition("#")[2]
        for _ in range(GUESTS)
    ]
    tries = codes + [f"guessed {number}" for number in range(JOINS - GUESTS)]
    async with asyncio.TaskGroup() as group:
        for number, code in enumerate(tries):  # no address does anything unusual
            group.create_task(crowd.join(code, room, f"192.0.2.{number // 100}"))
        await asyncio.sleep(0)
        asked: list[str] = []
        for _ in range(ALERTS):
            before = len(crowd.ended) if asked else JOINS - WAITING_LIMIT - AT_ONCE
            asked.append((await ward.ask(nurse))["id"])
            assert len(crowd.ended) - before <= 2 * AT_ONCE, "nobody waits for the crowd"
        assert len(crowd.ended) < JOINS, "the crowd was still there"
    assert [one.data["request"] for one in bus.named("guard.alert")] == asked, "none is lost"
    ended = Counter(crowd.ended)
    assert ended["in"] == GUESTS
    assert set(ended) == {"in", LinkInvalid.code, RateLimited.code}
    assert ended[RateLimited.code] == JOINS - WAITING_LIMIT - AT_ONCE


async def test_hazard_24_one_address_tries_only_so_often(crowd: Crowd) -> None:
    tries = (crowd.join(f"guessed {number}", "room", "192.0.2.1") for number in range(JOINS))
    for each in tries:
        await each
    expected = [LinkInvalid.code] * PER_ADDRESS + [RateLimited.code] * (JOINS - PER_ADDRESS)
    assert crowd.ended == expected
