"""Members, the lobby and room tokens: who runs a room, and who is out at once."""

from __future__ import annotations

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import ROLE_GRANTS, Ability, Grants, RoomRole, Source
from server.domain.accounts import Status
from server.domain.errors import Forbidden, Invalid, LimitExceeded, NotFound, Unauthenticated
from server.domain.memberships import (
    AlreadyMember,
    MembershipState,
    NobodyLeft,
    NotWaiting,
    Waiting,
)
from server.services.tokens import Tokens
from tests.services.conftest import AddUser, FakeClock, RecordingBus
from tests.services.rooms_cast import Cast


@pytest.fixture
def cast(database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, tokens: Tokens) -> Cast:
    return Cast.of(database, clock, fresh, tokens)


async def test_a_colleague_comes_past_the_lobby(cast: Cast, add_user: AddUser) -> None:
    ada, ben = await add_user("Ada"), await add_user("Ben")
    room = (await cast.room(ada)).access.room.id
    member = await cast.members.add(ada, room, ben.person, RoomRole.OBSERVER)
    assert member.to_wire() == {
        "person": ben.person,
        "name": "Ben",
        "role": "observer",
        "grants": ROLE_GRANTS[RoomRole.OBSERVER].to_wire(),
        "state": "active",
        "is_guest": False,
    }
    listed = await cast.members.list(ben, room)
    assert [one.name for one in listed] == ["Ada", "Ben"]
    with pytest.raises(AlreadyMember):
        await cast.members.add(ada, room, ben.person, RoomRole.MEMBER)


async def test_only_active_accounts_can_be_added(cast: Cast, add_user: AddUser) -> None:
    ada, gone = await add_user("Ada"), await add_user("Gone", status=Status.SUSPENDED)
    room = (await cast.room(ada)).access.room.id
    for user in (gone.person, "nobody", "\0", "\ud800"):
        with pytest.raises(NotFound):
            await cast.members.add(ada, room, user, RoomRole.MEMBER)


async def test_members_do_not_run_the_room(cast: Cast, add_user: AddUser) -> None:
    ada, ben, cleo = [await add_user(name) for name in ("Ada", "Ben", "Cleo")]
    room = (await cast.room(ada, ben)).access.room.id
    guest, _ = await cast.arrive(ada, room)
    for actor in (ben, guest):
        with pytest.raises(Forbidden):
            await cast.members.add(actor, room, cleo.person, RoomRole.MEMBER)
        with pytest.raises(Forbidden):
            await cast.members.change(actor, room, ben.person, RoomRole.HOST, None)
        with pytest.raises(Forbidden):
            await cast.members.remove(actor, room, ada.person)
        with pytest.raises(Forbidden):
            await cast.invitations.create(actor, room, name="Friend")
        with pytest.raises(Forbidden):
            await cast.invitations.list(actor, room)
        with pytest.raises(Forbidden):
            await cast.lobby.admit(actor, room, guest.person)


async def test_a_moderator_touches_no_host(cast: Cast, add_user: AddUser) -> None:
    ada, ben, cleo = [await add_user(name) for name in ("Ada", "Ben", "Cleo")]
    room = (await cast.room(ada, ben, cleo)).access.room.id
    moderating = Grants.of(("camera",), ("chat", "moderate"))
    await cast.members.change(ada, room, ben.person, None, moderating)
    await cast.members.change(ben, room, cleo.person, RoomRole.OBSERVER, None)
    for refused in (
        cast.members.change(ben, room, ben.person, RoomRole.HOST, None),
        cast.members.change(ben, room, ada.person, RoomRole.MEMBER, None),
        cast.members.remove(ben, room, ada.person),
        cast.members.add(ben, room, (await add_user("Dan")).person, RoomRole.HOST),
    ):
        with pytest.raises(Forbidden):
            await refused


async def test_grants_change_what_may_be_done_at_once(cast: Cast, add_user: AddUser) -> None:
    ada, ben = await add_user("Ada"), await add_user("Ben")
    room = (await cast.room(ada, ben)).access.room.id
    await cast.say(ben, room, "hello")
    silent = Grants(frozenset({Source.CAMERA}), frozenset({Ability.SUBSCRIBE}))
    changed = await cast.members.change(ada, room, ben.person, None, silent)
    assert (changed.role, changed.grants) == (RoomRole.MEMBER, silent)
    with pytest.raises(Forbidden):
        await cast.say(ben, room, "still here")
    assert (await cast.types(ada, room))[-1] == "member.changed"
    again = await cast.members.change(ada, room, ben.person, None, silent)
    assert again == changed
    assert (await cast.types(ada, room)).count("member.changed") == 1
    back = await cast.members.change(ada, room, ben.person, RoomRole.GUEST, None)
    assert back.grants == ROLE_GRANTS[RoomRole.GUEST]
    with pytest.raises(Invalid):
        await cast.members.change(ada, room, ada.person, None, silent)


async def test_a_removed_member_loses_access_at_once(
    cast: Cast, add_user: AddUser, bus: RecordingBus
) -> None:
    ada, ben = await add_user("Ada"), await add_user("Ben")
    room = (await cast.room(ada, ben)).access.room.id
    ticketed = await cast.tokens.authenticate((await cast.room_tokens.mint(ben, room)).token)
    await cast.members.remove(ada, room, ben.person)
    [revoked] = bus.named("revoked")
    assert (revoked.person, revoked.data) == (ben.person, {"room": room, "code": "removed"})
    for actor in (ben, ticketed):
        for refused in (
            cast.rooms.get(actor, room),
            cast.timeline.events(actor, room, 0),
            cast.chat.send(actor, room, "c", "hello"),
            cast.receipts.advance(actor, room, 1, 1),
        ):
            with pytest.raises(NotFound):
                await refused
    with pytest.raises(NotFound):
        await cast.room_tokens.mint(ben, room)
    with pytest.raises(NotFound):
        await cast.members.remove(ada, room, ben.person)
    assert (await cast.rooms.list(ben, None, None, 9)).items == []
    assert [one.person for one in await cast.members.list(ada, room)] == [ada.person]
    back = await cast.members.add(ada, room, ben.person, RoomRole.MEMBER)
    assert back.state is MembershipState.ACTIVE
    assert (await cast.rooms.get(ben, room)).members_count == 2


async def test_a_room_keeps_somebody_who_runs_it(cast: Cast, add_user: AddUser) -> None:
    ada, ben = await add_user("Ada"), await add_user("Ben")
    room = (await cast.room(ada, ben)).access.room.id
    with pytest.raises(NobodyLeft):
        await cast.members.remove(ada, room, ada.person)
    with pytest.raises(NobodyLeft):
        await cast.members.change(ada, room, ada.person, RoomRole.MEMBER, None)
    await cast.members.change(ada, room, ben.person, RoomRole.HOST, None)
    await cast.members.remove(ada, room, ada.person)
    assert (await cast.types(ben, room))[-1] == "member.removed"
    await cast.rooms.close(ben, room)
    await cast.members.remove(ben, room, ben.person)


async def test_anybody_may_leave(cast: Cast, add_user: AddUser) -> None:
    ada, ben = await add_user("Ada"), await add_user("Ben")
    room = (await cast.room(ada, ben)).access.room.id
    await cast.members.remove(ben, room, ben.person)
    waiting, _ = await cast.arrive(ada, room, lobby=True)
    await cast.members.remove(waiting, room, waiting.person)
    assert [one.person for one in await cast.members.list(ada, room)] == [ada.person]


async def test_a_room_is_full_at_sixty_four(cast: Cast, add_user: AddUser) -> None:
    ada, ben = await add_user("Ada"), await add_user("Ben")
    room = (await cast.room(ada)).access.room.id
    for n in range(63):
        await cast.arrive(ada, room, f"Guest {n}")
    with pytest.raises(LimitExceeded):
        await cast.members.add(ada, room, ben.person, RoomRole.MEMBER)
    with pytest.raises(LimitExceeded):
        await cast.arrive(ada, room)


async def test_the_lobby_lets_in(cast: Cast, add_user: AddUser, bus: RecordingBus) -> None:
    ada = await add_user("Ada")
    room = (await cast.room(ada)).access.room.id
    guest, _ = await cast.arrive(ada, room, lobby=None)
    with pytest.raises(Waiting):
        await cast.say(guest, room, "hello")
    assert (await cast.rooms.get(ada, room)).members_count == 1
    await cast.lobby.admit(ada, room, guest.person)
    [told] = bus.named("lobby.admitted")
    assert (told.person, told.data) == (guest.person, {"room": room})
    await cast.say(guest, room, "hello")
    assert (await cast.types(guest, room))[2:] == [
        "member.added",
        "member.waiting",
        "member.admitted",
        "message.posted",
    ]
    with pytest.raises(NotWaiting):
        await cast.lobby.refuse(ada, room, guest.person)
    for nobody in ("nobody", "\0"):
        with pytest.raises(NotFound):
            await cast.lobby.admit(ada, room, nobody)


async def test_a_refusal_lasts_until_it_is_taken_back(
    cast: Cast, add_user: AddUser, bus: RecordingBus
) -> None:
    ada = await add_user("Ada")
    room = (await cast.room(ada)).access.room.id
    guest, _ = await cast.arrive(ada, room, lobby=True)
    await cast.lobby.refuse(ada, room, guest.person)
    assert bus.named("lobby.refused")[0].person == guest.person
    for refused in (
        cast.rooms.get(guest, room),
        cast.timeline.snapshot(guest, room),
        cast.room_tokens.mint(guest, room),
    ):
        with pytest.raises(Forbidden):
            await refused
    await cast.lobby.admit(ada, room, guest.person)
    await cast.timeline.snapshot(guest, room)


async def test_a_token_says_what_the_membership_grants(cast: Cast, add_user: AddUser) -> None:
    ada, ben = await add_user("Ada"), await add_user("Ben")
    room = (await cast.room(ada, ben)).access.room.id
    minted = await cast.room_tokens.mint(ben, room)
    assert (minted.person, minted.expires_in) == (ben.person, 600)
    actor = await cast.tokens.authenticate(minted.token)
    assert actor.ticket is not None
    assert (actor.ticket.room, actor.ticket.role) == (room, RoomRole.MEMBER)
    assert actor.ticket.grants == minted.grants == ROLE_GRANTS[RoomRole.MEMBER]
    with pytest.raises(Forbidden):
        await cast.room_tokens.mint(actor, room)


async def test_a_guest_refreshes_until_the_invitation_ends(
    cast: Cast, add_user: AddUser, clock: FakeClock
) -> None:
    ada = await add_user("Ada")
    room = (await cast.room(ada)).access.room.id
    guest, _ = await cast.arrive(ada, room)
    fresh_token = (await cast.room_tokens.mint(guest, room)).token
    assert (await cast.tokens.authenticate(fresh_token)).person == guest.person
    clock.advance(days=2)
    with pytest.raises(Unauthenticated):
        await cast.tokens.authenticate(fresh_token)
    with pytest.raises(NotFound):
        await cast.room_tokens.mint(guest, room)
