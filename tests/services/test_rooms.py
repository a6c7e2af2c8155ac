"""Rooms: created, listed, changed, closed; hidden from strangers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import Ability, Grants, RoomRole, RoomTicket
from server.domain.errors import Forbidden, Invalid, LimitExceeded, NotFound
from server.domain.memberships import MembershipState
from server.domain.presence import Peer
from server.domain.rooms import RoomChange, RoomClosed, RoomState
from server.services.tokens import Tokens
from tests.services.conftest import START, AddUser, FakeClock, RecordingBus
from tests.services.rooms_cast import Cast


@pytest.fixture
def cast(database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, tokens: Tokens) -> Cast:
    return Cast.of(database, clock, fresh, tokens)


async def test_the_creator_hosts_and_colleagues_are_told(
    cast: Cast, add_user: AddUser, bus: RecordingBus
) -> None:
    ada, ben = await add_user("Ada"), await add_user("Ben")
    room = await cast.room(ada, ben, title="  Case\n 12 ", scheduled_at=START, duration_minutes=30)
    wire = room.to_wire()
    assert wire["title"] == "Case 12"
    assert wire["state"] == "scheduled"
    assert wire["scheduled_at"] == "2026-11-22T08:00:00.000Z"
    assert (wire["my_role"], wire["members_count"], wire["seq"]) == ("host", 2, 3)
    assert wire["my_grants"]["moderate"] is True
    assert await cast.types(ben, wire["id"]) == ["room.created", "member.added", "member.added"]
    assert [n.data["seq"] for n in bus.named("event")] == [1, 2, 3]
    assert {n.person for n in bus.named("room.updated")} == {ada.person, ben.person}
    assert await cast.audited() == ["room.created", "member.added", "member.added"]


async def test_nothing_is_stored_when_a_colleague_is_unknown(
    cast: Cast, add_user: AddUser, bus: RecordingBus
) -> None:
    ada = await add_user("Ada")
    with pytest.raises(NotFound):
        await cast.room(ada, members=[("nobody", RoomRole.MEMBER)])
    assert not bus.notices
    assert (await cast.rooms.list(ada, None, None, 10)).items == []


async def test_rooms_hold_so_many_people(cast: Cast, add_user: AddUser) -> None:
    ada = await add_user("Ada")
    with pytest.raises(LimitExceeded):
        await cast.room(ada, members=[(f"user-{n}", RoomRole.MEMBER) for n in range(64)])


async def test_strangers_and_guests_of_other_rooms_see_nothing(
    cast: Cast, add_user: AddUser
) -> None:
    ada, eve = await add_user("Ada"), await add_user("Eve")
    one, other = await cast.room(ada), await cast.room(eve)
    guest, _ = await cast.arrive(eve, other.access.room.id)
    ticket = RoomTicket(other.access.room.id, RoomRole.HOST, Grants.of(), "t")
    ada_elsewhere = type(ada)(ada.person, ada.name, ada.session, ticket=ticket)
    for stranger in (eve, guest, ada_elsewhere):
        for room in (one.access.room.id, "missing", "\0"):
            with pytest.raises(NotFound):
                await cast.rooms.get(stranger, room)
            with pytest.raises(NotFound):
                await cast.timeline.snapshot(stranger, room)
            with pytest.raises(NotFound):
                await cast.chat.send(stranger, room, "c", "hello")
            with pytest.raises(NotFound):
                await cast.rooms.close(stranger, room)
            with pytest.raises(NotFound):
                await cast.members.remove(stranger, room, stranger.person)


async def test_a_ticket_can_only_narrow(cast: Cast, add_user: AddUser) -> None:
    ada = await add_user("Ada")
    room = (await cast.room(ada)).access.room.id
    ticket = RoomTicket(room, RoomRole.HOST, Grants.of((), ("chat",)), "t")
    narrowed = type(ada)(ada.person, ada.name, ada.session, ticket=ticket)
    async with cast.database.reading() as uow:
        access = await cast.rooms.access(uow, narrowed, room, Ability.CHAT)
        assert access.grants.abilities == {Ability.CHAT}
        with pytest.raises(Forbidden):
            await cast.rooms.access(uow, narrowed, room, Ability.MODERATE)


async def test_sessions_that_must_enrol_and_guests_without_a_ticket_stay_out(
    cast: Cast, add_user: AddUser
) -> None:
    ada = await add_user("Ada")
    room = (await cast.room(ada)).access.room.id
    guest, _ = await cast.arrive(ada, room)
    unticketed = type(guest)(guest.person, guest.name)
    enrolling = type(ada)(ada.person, ada.name, ada.session, may_only_enrol=True)
    for nobody in (unticketed, enrolling):
        with pytest.raises(NotFound):
            await cast.rooms.get(nobody, room)
        with pytest.raises(Forbidden):
            await cast.rooms.list(nobody, None, None, 10)


async def test_a_change_tells_the_whole_state_once(cast: Cast, add_user: AddUser) -> None:
    ada, ben = await add_user("Ada"), await add_user("Ben")
    room = (await cast.room(ada, ben)).access.room.id
    changed = await cast.rooms.change(ada, room, RoomChange(title="Case 13", locked=True))
    assert (changed.access.room.title, changed.access.room.locked) == ("Case 13", True)
    again = await cast.rooms.change(ada, room, RoomChange(locked=True))
    assert again.access.room.last_seq == changed.access.room.last_seq
    last = (await cast.timeline.events(ben, room, 3)).events[-1]
    assert last.data == {
        "state": "open",
        "title": "Case 13",
        "scheduled_at": None,
        "duration_minutes": None,
        "lobby": True,
        "locked": True,
        "recordable": False,
        "encrypted": False,
    }
    await cast.rooms.change(ada, room, RoomChange(locked=False))
    await cast.rooms.change(ada, room, RoomChange(lobby=False))
    assert (await cast.audited())[-3:] == ["room.locked", "room.unlocked", "room.changed"]
    with pytest.raises(Forbidden):
        await cast.rooms.change(ben, room, RoomChange(title="Mine"))
    with pytest.raises(Invalid):
        await cast.rooms.change(ada, room, RoomChange(title=" "))


async def test_a_closed_room_is_read_only(cast: Cast, add_user: AddUser) -> None:
    ada, ben = await add_user("Ada"), await add_user("Ben")
    room = (await cast.room(ada, ben)).access.room.id
    sent = await cast.chat.send(ben, room, "c1", "before")
    with pytest.raises(Forbidden):
        await cast.rooms.close(ben, room)
    assert (await cast.rooms.close(ada, room)).access.room.state is RoomState.CLOSED
    assert (await cast.timeline.snapshot(ben, room)).messages[0].text == "before"
    assert (await cast.types(ben, room))[-1] == "room.closed"
    for refused in (
        cast.rooms.close(ada, room),
        cast.rooms.change(ada, room, RoomChange(title="x")),
        cast.chat.send(ben, room, "c2", "after"),
        cast.chat.edit(ben, room, sent.event.seq, "after"),
        cast.members.add(ada, room, ben.person, RoomRole.HOST),
        cast.room_tokens.mint(ben, room),
        cast.invitations.create(ada, room, name="Gabi"),
    ):
        with pytest.raises(RoomClosed):
            await refused
    retried = await cast.chat.send(ben, room, "c1", "before")
    assert retried.event == sent.event


async def test_the_list_goes_from_newest_activity_in_pages(
    cast: Cast, add_user: AddUser, clock: FakeClock
) -> None:
    ada, ben = await add_user("Ada"), await add_user("Ben")
    rooms = []
    for n in range(5):
        clock.advance(seconds=1)
        when = START + timedelta(days=1) if n % 2 else None
        created = await cast.room(ada, ben, title=f"Room {n}", scheduled_at=when)
        rooms.append(created.access.room.id)
    clock.advance(seconds=1)
    await cast.say(ben, rooms[0], "news")
    await cast.rooms.close(ada, rooms[2])
    titles, after = [], None
    while True:
        page = await cast.rooms.list(ada, None, after, 2)
        titles += [one.access.room.title for one in page.items]
        if page.next is None:
            break
        after = page.next
    assert sorted(titles) == [f"Room {n}" for n in range(5)]
    assert set(titles[:2]) == {"Room 0", "Room 2"}
    assert titles[2:] == ["Room 4", "Room 3", "Room 1"]
    by_state = {
        state: [one.access.room.title for one in (await cast.rooms.list(ada, state, None, 9)).items]
        for state in RoomState
    }
    assert by_state == {
        RoomState.OPEN: ["Room 0", "Room 4"],
        RoomState.SCHEDULED: ["Room 3", "Room 1"],
        RoomState.CLOSED: ["Room 2"],
    }


async def test_the_list_counts_without_a_query_per_row(
    cast: Cast, add_user: AddUser, database: SqlDatabase
) -> None:
    ada, ben = await add_user("Ada"), await add_user("Ben")
    busy = (await cast.room(ada, ben)).access.room.id
    for n in range(3):
        await cast.say(ben, busy, f"news {n}")
    await cast.say(ada, busy, "my own")
    async with database.transaction() as uow:
        for device in ("phone", "desk"):
            peer = Peer(device, busy, ben.person, "Ben", device, "node", START)
            await uow.presences.add(peer)
    statements: list[str] = []

    async def listed() -> tuple[int, int, int, int]:
        statements.clear()
        page = await cast.rooms.list(ada, None, None, 50)
        room = next(one for one in page.items if one.access.room.id == busy)
        return room.unread, room.members_count, room.people_present, len(statements)

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    unread, members, present, queries = await listed()
    assert (unread, members, present) == (3, 2, 1)
    for _ in range(5):
        await cast.room(ada)
    assert (await listed())[3] == queries
    await cast.receipts.advance(ada, busy, None, 5)
    assert (await listed())[0] == 1


async def test_people_in_the_lobby_see_the_room_but_not_its_timeline(
    cast: Cast, add_user: AddUser
) -> None:
    ada = await add_user("Ada")
    room = (await cast.room(ada)).access.room.id
    guest, arrival = await cast.arrive(ada, room, lobby=True)
    assert arrival.overview.access.membership.state is MembershipState.WAITING
    assert (await cast.rooms.get(guest, room)).access.room.id == room
    for refused in (
        cast.timeline.snapshot(guest, room),
        cast.timeline.events(guest, room, 0),
        cast.members.list(guest, room),
        cast.chat.send(guest, room, "c", "let me in"),
        cast.receipts.advance(guest, room, 1, 1),
    ):
        with pytest.raises(Exception, match="let you in"):
            await refused
