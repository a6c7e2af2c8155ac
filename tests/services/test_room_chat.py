"""Chat, receipts and resynchronisation."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from server.adapters.database.events import events
from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.chat import MessageDeleted
from server.domain.errors import Forbidden, Invalid, LimitExceeded, NotFound
from server.domain.presence import Peer
from server.domain.timeline import EventType, Sender
from server.services.overviews import snapshot
from server.services.timeline import append
from server.services.tokens import Tokens
from tests.services.conftest import START, AddUser, FakeClock, RecordingBus
from tests.services.rooms_cast import Cast


@pytest.fixture
def cast(database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, tokens: Tokens) -> Cast:
    return Cast.of(database, clock, fresh, tokens)


async def test_a_message_is_one_event_however_often_it_is_sent(
    cast: Cast, add_user: AddUser, bus: RecordingBus
) -> None:
    ada, ben = await add_user("Ada"), await add_user("Ben")
    room = (await cast.room(ada, ben)).access.room.id
    first = await cast.chat.send(ada, room, "c1", " CT ready\n", urgent=True)
    again = await cast.chat.send(ada, room, "c1", "other words")
    same_id_of_another = await cast.chat.send(ben, room, "c1", "mine")
    assert (first.is_new, again.is_new, same_id_of_another.is_new) == (True, False, True)
    assert again.event == first.event
    assert first.event.to_wire() == {
        "room": room,
        "seq": 4,
        "id": first.event.id,
        "type": "message.posted",
        "at": "2026-11-22T08:00:00.000Z",
        "sender": {"id": ada.person, "name": "Ada"},
        "client_id": "c1",
        "data": {"text": "CT ready", "urgent": True},
    }
    told = [n.data["seq"] for n in bus.named("event") if n.data["type"] == "message.posted"]
    assert told == [4, 5]


async def test_parallel_sends_leave_no_gap(cast: Cast, add_user: AddUser) -> None:
    people = [await add_user(name) for name in ("Ada", "Ben", "Cleo")]
    room = (await cast.room(*people)).access.room.id
    sends = [
        cast.chat.send(person, room, f"c{n}", f"text {n}")
        for n in range(10)
        for person in people
        for _ in range(2)
    ]
    sent = await asyncio.gather(*sends)
    assert sum(one.is_new for one in sent) == 30
    assert (await cast.types(people[0], room)).count("message.posted") == 30


@pytest.mark.parametrize(
    ("client_id", "text", "error"),
    [
        ("c", " \n", Invalid),
        ("c", "x" * 8001, LimitExceeded),
        ("c", "nul \0", Invalid),
        ("c", "half \ud800", Invalid),
        ("", "text", Invalid),
        ("x" * 65, "text", Invalid),
        ("\0", "text", Invalid),
    ],
)
async def test_what_is_no_message(
    cast: Cast, add_user: AddUser, client_id: str, text: str, error: type[Exception]
) -> None:
    ada = await add_user("Ada")
    room = (await cast.room(ada)).access.room.id
    with pytest.raises(error):
        await cast.chat.send(ada, room, client_id, text)
    await cast.chat.send(ada, room, "c", "x" * 8000)


async def test_only_the_author_edits(cast: Cast, add_user: AddUser) -> None:
    ada, ben = await add_user("Ada"), await add_user("Ben")
    room = (await cast.room(ada, ben)).access.room.id
    message = await cast.say(ben, room, "left")
    edited = await cast.chat.edit(ben, room, message, "right")
    assert edited.data == {"message": message, "text": "right"}
    with pytest.raises(Forbidden):
        await cast.chat.edit(ada, room, message, "wrong")
    for nowhere in (1, 99, 0, -1, 2**40):
        with pytest.raises(NotFound):
            await cast.chat.edit(ben, room, nowhere, "text")
    [seen] = (await cast.timeline.snapshot(ada, room)).messages
    assert (seen.text, seen.edited, seen.deleted) == ("right", True, False)


async def test_a_deletion_erases_every_wording(
    cast: Cast, add_user: AddUser, database: SqlDatabase
) -> None:
    ada, ben, cleo = [await add_user(name) for name in ("Ada", "Ben", "Cleo")]
    room = (await cast.room(ada, ben, cleo)).access.room.id
    message = await cast.say(ben, room, "secret one")
    await cast.chat.edit(ben, room, message, "secret two")
    kept = await cast.say(ben, room, "keep me")
    with pytest.raises(Forbidden):
        await cast.chat.delete(cleo, room, message)
    await cast.chat.delete(ada, room, message)
    async with database.reading() as uow:
        told = str((await uow.connection.execute(select(events.c.data))).all())
    assert "secret" not in told
    assert "keep me" in told
    deleted, other = (await cast.timeline.snapshot(ben, room)).messages
    assert (deleted.text, deleted.deleted, other.text) == ("", True, "keep me")
    for late in (
        cast.chat.delete(ben, room, message),
        cast.chat.edit(ben, room, message, "again"),
    ):
        with pytest.raises(MessageDeleted):
            await late
    assert (await cast.chat.delete(ben, room, kept)).data == {"message": kept}
    assert (await cast.audited()).count("message.deleted") == 2


async def test_receipts_never_go_back(cast: Cast, add_user: AddUser, bus: RecordingBus) -> None:
    ada, ben = await add_user("Ada"), await add_user("Ben")
    room = (await cast.room(ada, ben)).access.room.id
    for n in range(3):
        await cast.say(ada, room, f"text {n}")
    for delivered, read, expected in [
        (4, None, (4, 0)),
        (2, 5, (5, 5)),
        (None, 3, (5, 5)),
        (99, None, (6, 5)),
        (None, None, (6, 5)),
    ]:
        stored = await cast.receipts.advance(ben, room, delivered, read)
        assert (stored.delivered, stored.read) == expected
    assert [(n.data["delivered"], n.data["read"]) for n in bus.named("receipt")] == [
        (4, 0),
        (5, 5),
        (6, 5),
    ]
    page = await cast.timeline.events(ada, room, 99)
    assert page.to_wire()["receipts"] == {ben.person: {"delivered": 6, "read": 5}}


async def test_gaps_are_filled_in_pages(cast: Cast, add_user: AddUser) -> None:
    ada = await add_user("Ada")
    room = (await cast.room(ada)).access.room.id
    for n in range(7):
        await cast.say(ada, room, f"text {n}")
    page = await cast.timeline.events(ada, room, 2, 4)
    assert [event.seq for event in page.events] == [3, 4, 5, 6]
    assert (page.seq, page.more) == (9, True)
    page = await cast.timeline.events(ada, room, 6, 4)
    assert ([event.seq for event in page.events], page.more) == ([7, 8, 9], False)
    page = await cast.timeline.events(ada, room, 9)
    assert (page.events, page.more) == ((), False)
    for after, limit in ((-1, 1), (0, 0), (0, 501), (2**31, 1)):
        with pytest.raises(Invalid):
            await cast.timeline.events(ada, room, after, limit)


async def test_a_snapshot_holds_the_room_and_its_own_transaction(
    cast: Cast, add_user: AddUser, database: SqlDatabase, fresh: SystemFresh
) -> None:
    ada, ben = await add_user("Ada"), await add_user("Ben")
    room = (await cast.room(ada, ben)).access.room.id
    for n in range(205):
        await cast.say(ben, room, f"text {n}")
    await cast.receipts.advance(ada, room, 100, 50)
    async with database.transaction() as uow:
        access = await cast.rooms.access(uow, ada, room)
        await uow.presences.add(Peer("p1", room, ada.person, "Ada", "tab", "node", START))
        joined = {"peer": "p1", "person": ada.person, "name": "Ada"}
        sender = Sender(ada.person, "Ada")
        await append(uow, room, EventType.PRESENCE_JOINED, sender, joined, START, fresh)
        wire = (await snapshot(uow, access)).to_wire()
    assert set(wire) == {
        *("room", "me", "members", "peers", "documents", "messages", "receipts", "recording", "seq")
    }
    assert wire["seq"] == wire["room"]["seq"] == 209
    assert wire["me"]["role"] == "host"
    assert [member["name"] for member in wire["members"]] == ["Ada", "Ben"]
    assert [message["text"] for message in wire["messages"]] == [f"text {n}" for n in range(5, 205)]
    assert wire["receipts"] == {ada.person: {"delivered": 100, "read": 50}}
    assert [peer["peer"] for peer in wire["peers"]] == ["p1"]
    assert (wire["room"]["people_present"], wire["room"]["unread"]) == (1, 158)
    assert wire == (await cast.timeline.snapshot(ada, room)).to_wire()


async def test_appending_needs_a_room(database: SqlDatabase, fresh: SystemFresh) -> None:
    async with database.transaction() as uow:
        with pytest.raises(NotFound):
            await append(uow, "missing", EventType.ROOM_CLOSED, None, {}, START, fresh)
