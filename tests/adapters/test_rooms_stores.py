"""Rooms on real databases: the stores' contract, and parallel transactions."""

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
from server.adapters.tokens import JwtCodec
from server.domain.access import Actor, Grants, RoomRole
from server.domain.chat import Message
from server.domain.errors import Conflict, DomainError, NotFound
from server.domain.invitations import Invitation, digest
from server.domain.keys import SigningKey
from server.domain.memberships import MembershipState, active, waiting
from server.domain.rooms import Room, RoomState
from server.domain.timeline import Event, EventType, Receipt, Sender
from server.services.chat import Chat
from server.services.invitations import Invitations
from server.services.members import Members
from server.services.ports.rooms import Position
from server.services.room_tokens import RoomTokens
from server.services.rooms import CreateRoom, Rooms
from server.services.timeline import append
from server.services.tokens import Tokens
from tests.adapters.databases import KINDS, migrated_database
from tests.services.rooms_cast import CountingLimits

NOW = datetime(2026, 11, 22, 3, 4, 5, 678901, UTC)
ADA = Sender("ada", "Ada")


@pytest.fixture(params=KINDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SqlDatabase]:
    async with migrated_database(request, tmp_path) as url:
        opened = SqlDatabase(create_engine(url), LocalBus(), SystemClock())
        yield opened
        await opened.close()


def room(name: str, **changes: object) -> Room:
    return replace(Room.create(name, "ada", NOW, title=f"Room {name}"), **changes)  # type: ignore[arg-type]


def event(seq: int, client_id: str | None = None, text: str = "text") -> Event:
    data = {"text": text, "urgent": False}
    return Event("a", seq, f"e{seq}", EventType.MESSAGE_POSTED, NOW, ADA, data, client_id)


async def test_a_room_comes_back_as_it_was(database: SqlDatabase) -> None:
    made = room(
        "a", scheduled_at=NOW + timedelta(hours=1), duration_minutes=30, title="Caso né 日本"
    )
    async with database.transaction() as uow:
        await uow.rooms.add(made)
    changed = replace(made, title="x", locked=True, lobby=False, closed_at=NOW, last_seq=99)
    async with database.transaction() as uow:
        assert await uow.rooms.lock("a") == made
        await uow.rooms.update(changed)
        later = NOW + timedelta(seconds=1)
        assert await uow.rooms.next_seqs({"a": 2}, later) == {"a": 2}
        with pytest.raises(NotFound):
            await uow.rooms.next_seqs({"b": 1}, NOW)
    async with database.reading() as uow:
        expected = replace(changed, last_seq=2, active_at=later)
        assert await uow.rooms.find("a") == expected
        assert await uow.rooms.find("b") is None


async def test_rooms_of_a_person_page_by_activity(database: SqlDatabase) -> None:
    async with database.transaction() as uow:
        for name, minute in (("a", 0), ("b", 1), ("c", 1), ("d", 2), ("e", 3), ("f", 4)):
            at = NOW + timedelta(minutes=minute)
            await uow.rooms.add(room(name, active_at=at, closed_at=NOW if name == "d" else None))
            member = active(name, "ada", "Ada", RoomRole.HOST, NOW)
            await uow.memberships.save(member.remove() if name == "f" else member)
        await uow.memberships.save(waiting("a", "ben", "Ben", RoomRole.GUEST, NOW))
    async with database.reading() as uow:
        seen: list[str] = []
        after = None
        while page := await uow.rooms.of_person("ada", None, after, 2):
            seen += [found.id for found, _ in page]
            after = Position(page[-1][0].active_at, page[-1][0].id)
        assert seen == ["e", "d", "c", "b", "a"]
        [(closed, mine)] = await uow.rooms.of_person("ada", RoomState.CLOSED, None, 9)
        assert (closed.id, mine.role) == ("d", RoomRole.HOST)
        assert len(await uow.rooms.of_person("ada", RoomState.OPEN, None, 9)) == 4
        assert await uow.rooms.of_person("ada", RoomState.SCHEDULED, None, 9) == []
        [(lobby, other)] = await uow.rooms.of_person("ben", None, None, 9)
        assert (lobby.id, other.state) == ("a", MembershipState.WAITING)


async def test_memberships_keep_their_receipt_when_saved(database: SqlDatabase) -> None:
    ada = active("a", "ada", "Ada", RoomRole.HOST, NOW)
    ben = active("a", "ben", "Ben", RoomRole.MEMBER, NOW + timedelta(seconds=1))
    guest = active("a", "guest:1", "Gabi", RoomRole.GUEST, NOW + timedelta(seconds=2))
    async with database.transaction() as uow:
        await uow.rooms.add(room("a"))
        for member in (guest, ben, ada):
            await uow.memberships.save(member)
        assert await uow.memberships.advance("a", Receipt("ben", 5, 3)) == Receipt("ben", 5, 3)
        assert await uow.memberships.advance("a", Receipt("ben", 4, 4)) == Receipt("ben", 5, 4)
        assert await uow.memberships.advance("a", Receipt("ben", 5, 4)) is None
        assert await uow.memberships.advance("a", Receipt("eve", 5, 4)) is None
        grants = Grants.of(("camera",), ("chat",))
        await uow.memberships.save(replace(ben, name="Benedetta", grants=grants))
    async with database.reading() as uow:
        found = await uow.memberships.find("a", "ben")
        assert found == replace(ben, name="Benedetta", grants=grants, delivered=5, read=4)
        assert await uow.memberships.find("a", "eve") is None
        assert [one.person for one in await uow.memberships.of_room("a")] == [
            *("ada", "ben", "guest:1")
        ]
        assert set(await uow.memberships.with_accounts("a")) == {"ada", "ben"}
        assert await uow.memberships.counts(["a", "b"]) == {"a": 3}
    async with database.transaction() as uow:
        await uow.memberships.save(found.remove())
    async with database.reading() as uow:
        assert [one.person for one in await uow.memberships.of_room("a")] == ["ada", "guest:1"]
        assert Receipt("ben", 5, 4) in await uow.memberships.receipts("a")
        assert await uow.memberships.counts(["a"]) == {"a": 2}


async def test_events_are_found_by_number_and_client_id(database: SqlDatabase) -> None:
    async with database.transaction() as uow:
        await uow.rooms.add(room("a"))
        await uow.memberships.save(active("a", "ben", "Ben", RoomRole.MEMBER, NOW))
        for one in (event(1, "c1", "secret"), event(2), event(3), event(4, "c4", "kept")):
            await uow.events.add(one)
        data = {"message": 1, "text": "secret too"}
        edit = replace(event(5), type=EventType.MESSAGE_EDITED, data=data)
        await uow.events.add(edit)
        system = Event("a", 6, "e6", EventType.ROOM_CLOSED, NOW, None, {})
        await uow.events.add(system)
        assert await uow.events.by_client_id("a", "ada", "c1") == event(1, "c1", "secret")
        assert await uow.events.by_client_id("a", "ben", "c1") is None
        assert [one.seq for one in await uow.events.after("a", 1, 2)] == [2, 3]
        await uow.events.erase_text("a", 1)
    async with database.reading() as uow:
        told = await uow.events.after("a", 0, 9)
        assert [one.data.get("text") for one in told] == ["", "text", "text", "kept", "", None]
        assert told[5] == system
        assert await uow.memberships.unread("ben", ["a", "b"]) == {"a": 4}
        assert await uow.memberships.unread("ada", ["a"]) == {}


async def test_a_client_id_is_unique_per_sender(database: SqlDatabase) -> None:
    async with database.transaction() as uow:
        await uow.rooms.add(room("a"))
        await uow.events.add(event(1, "c1"))
    with pytest.raises(IntegrityError):
        async with database.transaction() as uow:
            await uow.events.add(event(2, "c1"))


async def test_messages_and_invitations_come_back(database: SqlDatabase) -> None:
    message = Message("a", 1, "e1", "c1", NOW, ADA, "text", urgent=True)
    made = Invitation.create(
        "i",
        "a",
        "code",
        "ada",
        NOW,
        name="Gabi",
        role=RoomRole.OBSERVER,
        expires_in=timedelta(days=1),
        lobby=None,
    )
    async with database.transaction() as uow:
        await uow.rooms.add(room("a"))
        for seq in (1, 2, 3):
            await uow.events.add(event(seq))
            await uow.messages.add(replace(message, seq=seq))
        await uow.messages.update(message.edit("ada", "other"))
        await uow.invitations.add(made)
    used = made.redeem("resume", NOW)
    async with database.transaction() as uow:
        assert await uow.messages.find("a", 1) == message.edit("ada", "other")
        assert await uow.messages.find("a", 9) is None
        assert [one.seq for one in await uow.messages.last("a", 2)] == [2, 3]
        assert await uow.invitations.by_code(digest("code")) == made
        assert await uow.invitations.claim(used)
        assert not await uow.invitations.claim(used)
        assert await uow.invitations.by_resume(digest("resume")) == used
        await uow.invitations.revoke(used.revoke(NOW))
        assert await uow.invitations.of_room("a") == [used.revoke(NOW)]
        assert await uow.invitations.find("other") is None


async def test_parallel_appends_number_without_gap_or_repeat(database: SqlDatabase) -> None:
    fresh = SystemFresh()
    async with database.transaction() as uow:
        await uow.rooms.add(room("a"))
        await uow.rooms.add(room("b"))

    async def one(n: int) -> int:
        async with database.transaction() as uow:
            data = {"text": str(n), "urgent": False}
            kind = EventType.MESSAGE_POSTED
            sent = await append(uow, "ab"[n % 2], kind, ADA, data, NOW, fresh, f"c{n // 3}")
            if n % 10 == 9:
                raise Conflict  # a rolled-back append leaves no hole
            return sent.seq

    results = await asyncio.gather(*(one(n) for n in range(60)), return_exceptions=True)
    assert sum(isinstance(result, Conflict) for result in results) == 6
    async with database.reading() as uow:
        for name in "ab":
            told = await uow.events.after(name, 0, 99)
            found = await uow.rooms.find(name)
            assert found is not None
            assert [each.seq for each in told] == list(range(1, found.last_seq + 1))
            ids = [each.client_id for each in told]
            assert len(ids) == len(set(ids))
            assert set(ids) <= {f"c{n}" for n in range(20)}


async def test_a_reading_sees_one_moment(database: SqlDatabase) -> None:
    fresh = SystemFresh()
    async with database.transaction() as uow:
        await uow.rooms.add(room("a"))
    async with database.reading() as reading:
        before = await reading.rooms.find("a")
        async with database.transaction() as uow:
            await append(uow, "a", EventType.ROOM_CLOSED, None, {}, NOW, fresh)
        assert await reading.rooms.find("a") == before
        assert await reading.events.after("a", 0, 9) == []
    async with database.reading() as reading:
        assert len(await reading.events.after("a", 0, 9)) == 1


async def test_parallel_use_cases_keep_their_promises(database: SqlDatabase) -> None:
    clock, fresh = SystemClock(), SystemFresh()
    common = (database, clock, fresh)
    codec = JwtCodec("tests", [SigningKey("k", b"1" * 32, NOW - timedelta(days=9999))])
    room_tokens = RoomTokens(database, clock, Tokens(*common, codec))
    ada, ben = Actor("ada", "Ada", "s1"), Actor("ben", "Ben", "s2")
    made = await Rooms(*common).create(ada, CreateRoom("Case"))
    name = made.access.room.id
    async with database.transaction() as uow:
        await uow.memberships.save(active(name, "ben", "Ben", RoomRole.HOST, clock.now()))

    chat = Chat(*common)
    sends = [chat.send(ada, name, f"c{n % 5}", f"text {n}") for n in range(25)]
    sent = await asyncio.gather(*sends)
    assert sum(one.is_new for one in sent) == 5
    assert len({one.event.seq for one in sent}) == 5

    links = Invitations(*common, room_tokens, CountingLimits(), "https://rooms.example")
    invited = await links.create(ada, name, name="Gabi")
    code = invited.link.partition("#")[2]
    tries = [links.redeem(code, None, "192.0.2.1") for _ in range(8)]
    arrivals = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(not isinstance(one, BaseException) for one in arrivals) == 1
    assert all(isinstance(one, DomainError) for one in arrivals if isinstance(one, BaseException))

    members = Members(*common)
    await asyncio.gather(
        members.remove(ada, name, "ada"),
        members.remove(ben, name, "ben"),
        return_exceptions=True,
    )
    async with database.reading() as uow:
        left = [one.person for one in await uow.memberships.of_room(name) if one.is_moderator]
    assert len(left) == 1
