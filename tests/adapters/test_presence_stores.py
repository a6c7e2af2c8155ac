"""Peers, leases and standings on real databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from server.adapters.bus import LocalBus
from server.adapters.clock import SystemClock
from server.adapters.database.unit_of_work import SqlDatabase, create_engine
from server.adapters.fresh import SystemFresh
from server.domain.access import ROLE_GRANTS, Actor, Grants, RoomRole, RoomTicket, Source
from server.domain.memberships import MembershipState, active, waiting
from server.domain.presence import LEASE, LeftReason, Peer
from server.domain.rooms import Room
from server.domain.timeline import EventType
from server.services.presence import Presence
from tests.adapters.databases import KINDS, migrated_database

NOW = datetime(2026, 11, 22, 3, 4, 5, 678000, UTC)


@pytest.fixture(params=KINDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SqlDatabase]:
    async with migrated_database(request, tmp_path) as url:
        opened = SqlDatabase(create_engine(url), LocalBus(), SystemClock())
        async with opened.transaction() as uow:
            for name in ("a", "b"):
                await uow.rooms.add(Room.create(name, "ada", NOW, title=name))
                await uow.memberships.save(active(name, "ada", "Ada", RoomRole.HOST, NOW))
        yield opened
        await opened.close()


def peer(name: str, room: str = "a", node: str = "n", **changes: object) -> Peer:
    made = Peer(name, room, "ada", "Ada", f"tab-{name}", node, NOW)
    return replace(made, **changes)  # type: ignore[arg-type]


async def test_a_peer_comes_back_as_it_was_stored(database: SqlDatabase) -> None:
    async with database.transaction() as uow:
        await uow.presences.add(peer("p"))
        changed = peer(
            "p",
            in_call=True,
            hand=True,
            muted=frozenset({Source.MICROPHONE}),
            publishing=frozenset({Source.MICROPHONE, Source.CAMERA}),
        )
        await uow.presences.update(changed)
    async with database.reading() as uow:
        assert await uow.presences.find("a", "p") == changed
        assert await uow.presences.find("b", "p") is None
        assert await uow.presences.of_room("a") == [changed]
        assert await uow.presences.among(["p", "q"]) == {"p"}


async def test_a_device_is_in_a_room_once(database: SqlDatabase) -> None:
    async with database.transaction() as uow:
        await uow.presences.add(peer("p"))
    twin = peer("q", device="tab-p")
    with pytest.raises(IntegrityError):
        async with database.transaction() as uow:
            await uow.presences.add(twin)


async def test_people_are_counted_once(database: SqlDatabase) -> None:
    async with database.transaction() as uow:
        for one in (peer("p"), peer("q"), peer("r", person="bo"), peer("s", room="b")):
            await uow.presences.add(one)
    async with database.reading() as uow:
        assert await uow.presences.people(["a", "b", "c"]) == {"a": 2, "b": 1}


async def test_removal_answers_what_was_there(database: SqlDatabase) -> None:
    later = peer("q", joined_at=NOW + timedelta(seconds=1))
    async with database.transaction() as uow:
        await uow.presences.add(later)
        await uow.presences.add(peer("p"))
    async with database.transaction() as uow:
        assert await uow.presences.remove(["q", "p", "x"]) == [peer("p"), later]
        assert await uow.presences.remove(["q", "p"]) == []
        assert await uow.presences.remove([]) == []


async def test_leases(database: SqlDatabase) -> None:
    async with database.transaction() as uow:
        assert not await uow.presences.renew("n", NOW, NOW + LEASE)
        assert await uow.presences.renew("n", NOW, NOW + LEASE)
        await uow.presences.add(peer("p"))
        await uow.presences.add(peer("q", node="never-seen"))
    async with database.reading() as uow:
        assert await uow.presences.abandoned(NOW) == [peer("q", node="never-seen")]
        assert len(await uow.presences.abandoned(NOW + LEASE)) == 2
        assert await uow.presences.of_node("n") == [peer("p")]
    async with database.transaction() as uow:
        assert not await uow.presences.renew("n", NOW + LEASE, NOW + 2 * LEASE)
        await uow.presences.release("n")
        assert len(await uow.presences.abandoned(NOW)) == 2


async def test_standings_of_many_at_once(database: SqlDatabase) -> None:
    async with database.transaction() as uow:
        await uow.memberships.save(waiting("a", "bo", "Bo", RoomRole.GUEST, NOW))
        closed = await uow.rooms.find("b")
        assert closed is not None
        await uow.rooms.update(closed.close(NOW))
    asked = [("a", "ada"), ("a", "bo"), ("b", "ada"), ("b", "bo"), ("x", "ada")]
    async with database.reading() as uow:
        found = await uow.standings.of([*asked, *((f"r{n}", "p") for n in range(6000))])
    assert set(found) == {("a", "ada"), ("a", "bo"), ("b", "ada")}
    assert found["a", "ada"].grants == ROLE_GRANTS[RoomRole.HOST]
    assert found["a", "bo"].state is MembershipState.WAITING
    assert [found[seat].is_closed for seat in asked[:3]] == [False, False, True]


async def test_the_same_device_joining_at_once_leaves_one_peer(database: SqlDatabase) -> None:
    bus, clock, fresh = LocalBus(), SystemClock(), SystemFresh()
    nodes = [Presence(database, clock, fresh, bus, f"n{n}") for n in range(2)]
    ticket = RoomTicket("a", RoomRole.HOST, Grants(), "t")
    actor = Actor("ada", "Ada", "s", ticket=ticket)
    peers = await asyncio.gather(*(nodes[n % 2].join(actor, "a", "tab") for n in range(10)))
    await asyncio.gather(*(nodes[0].leave("a", [one.id], LeftReason.LOST) for one in peers[:5]))
    async with database.reading() as uow:
        left = await uow.presences.of_room("a")
        events = await uow.events.after("a", 0, 500)
    joined = [event for event in events if event.type is EventType.PRESENCE_JOINED]
    ended = [event for event in events if event.type is EventType.PRESENCE_LEFT]
    assert len(left) <= 1
    assert len(joined) == 10
    assert len(joined) - len(ended) == len(left)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
