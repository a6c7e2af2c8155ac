"""Links: used once, by one person, until revoked or expired."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from server.adapters.database.invitations import invitations
from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import RoomRole
from server.domain.errors import Invalid, NotFound, RateLimited, Unauthenticated
from server.domain.invitations import LinkInvalid
from server.domain.memberships import MembershipState
from server.domain.rooms import RoomChange, RoomClosed, RoomLocked
from server.services.tokens import Tokens
from tests.services.conftest import AddUser, FakeClock, RecordingBus
from tests.services.rooms_cast import Cast


@pytest.fixture
def cast(database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, tokens: Tokens) -> Cast:
    return Cast.of(database, clock, fresh, tokens)


async def test_a_link_opens_the_room_once(
    cast: Cast, add_user: AddUser, database: SqlDatabase
) -> None:
    ada = await add_user("Ada")
    room = (await cast.room(ada)).access.room.id
    invited = await cast.invitations.create(ada, room, name="Gabi", lobby=False)
    start, _, code = invited.link.partition("#")
    assert start == "https://rooms.example/join"
    arrival = await cast.invitations.redeem(code, " Gabi  Neri ", "192.0.2.1")
    guest = await cast.tokens.authenticate(arrival.token.token)
    assert guest.person == f"guest:{invited.invitation.id}" == arrival.token.person
    assert arrival.overview.to_wire()["my_role"] == "guest"
    assert arrival.overview.to_wire()["seq"] == 3
    assert [one.name for one in await cast.members.list(guest, room)] == ["Ada", "Gabi Neri"]
    with pytest.raises(LinkInvalid):
        await cast.invitations.redeem(code, None, "192.0.2.1")
    async with database.reading() as uow:
        row = (await uow.connection.execute(select(invitations))).one()
    assert code not in str(row)
    assert arrival.resume not in str(row)
    [listed] = await cast.invitations.list(ada, room)
    assert listed.used_at is not None
    assert await cast.audited() == [
        "room.created",
        "member.added",
        "invitation.created",
        "invitation.redeemed",
    ]


async def test_of_many_at_once_one_comes_in(cast: Cast, add_user: AddUser) -> None:
    ada = await add_user("Ada")
    room = (await cast.room(ada)).access.room.id
    invited = await cast.invitations.create(ada, room, name="Gabi")
    code = invited.link.partition("#")[2]
    tries = [cast.invitations.redeem(code, None, "192.0.2.1") for _ in range(10)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(one).__name__ for one in results) == ["Arrival", *["LinkInvalid"] * 9]


async def test_the_same_guest_comes_back(cast: Cast, add_user: AddUser, clock: FakeClock) -> None:
    ada = await add_user("Ada")
    room = (await cast.room(ada)).access.room.id
    guest, arrival = await cast.arrive(ada, room, expires_in=timedelta(hours=2))
    clock.advance(hours=1)
    back = await cast.invitations.resume(arrival.resume, "192.0.2.9")
    assert (back.token.person, back.resume) == (guest.person, arrival.resume)
    clock.advance(hours=1)
    with pytest.raises(LinkInvalid):
        await cast.invitations.resume(arrival.resume, "192.0.2.9")
    with pytest.raises(LinkInvalid):
        await cast.invitations.resume("unknown", "192.0.2.9")


async def test_revoking_ends_the_guests_access(
    cast: Cast, add_user: AddUser, bus: RecordingBus
) -> None:
    ada = await add_user("Ada")
    room = (await cast.room(ada)).access.room.id
    guest, arrival = await cast.arrive(ada, room)
    await cast.invitations.revoke(ada, room, guest.person.removeprefix("guest:"))
    assert bus.named("revoked")[0].person == guest.person
    with pytest.raises(Unauthenticated):
        await cast.tokens.authenticate(arrival.token.token)
    with pytest.raises(NotFound):
        await cast.timeline.snapshot(guest, room)
    with pytest.raises(LinkInvalid):
        await cast.invitations.resume(arrival.resume, "192.0.2.1")
    await cast.invitations.revoke(ada, room, guest.person.removeprefix("guest:"))
    assert len(bus.named("revoked")) == 1


async def test_a_removed_or_refused_guest_does_not_come_back(cast: Cast, add_user: AddUser) -> None:
    ada = await add_user("Ada")
    room = (await cast.room(ada)).access.room.id
    removed, first = await cast.arrive(ada, room)
    refused, second = await cast.arrive(ada, room, lobby=True)
    await cast.members.remove(ada, room, removed.person)
    await cast.lobby.refuse(ada, room, refused.person)
    for arrival in (first, second):
        with pytest.raises(LinkInvalid):
            await cast.invitations.resume(arrival.resume, "192.0.2.1")


async def test_links_that_do_not_open(cast: Cast, add_user: AddUser, clock: FakeClock) -> None:
    ada = await add_user("Ada")
    room, other = [(await cast.room(ada)).access.room.id for _ in range(2)]

    async def code(**options: object) -> tuple[str, str]:
        invited = await cast.invitations.create(ada, room, name="Gabi", **options)  # type: ignore[arg-type]
        return invited.link.partition("#")[2], invited.invitation.id

    revoked, invitation = await code()
    for nowhere in ((other, invitation), (room, "missing"), (room, "\0")):
        with pytest.raises(NotFound):
            await cast.invitations.revoke(ada, *nowhere)
    await cast.invitations.revoke(ada, room, invitation)
    expired, _ = await code(expires_in=timedelta(minutes=1))
    clock.advance(minutes=1)
    for bad in (revoked, expired, "unknown", "", "x" * 201, "\ud800", "\0"):
        with pytest.raises(LinkInvalid):
            await cast.invitations.redeem(bad, None, "192.0.2.1")


async def test_a_locked_or_closed_room_keeps_the_link_for_later(
    cast: Cast, add_user: AddUser
) -> None:
    ada = await add_user("Ada")
    room = (await cast.room(ada)).access.room.id
    invited = await cast.invitations.create(ada, room, name="Gabi", lobby=False)
    code = invited.link.partition("#")[2]
    await cast.rooms.change(ada, room, RoomChange(locked=True))
    with pytest.raises(RoomLocked):
        await cast.invitations.redeem(code, None, "192.0.2.1")
    await cast.rooms.change(ada, room, RoomChange(locked=False))
    arrival = await cast.invitations.redeem(code, None, "192.0.2.1")
    await cast.rooms.close(ada, room)
    with pytest.raises(RoomClosed):
        await cast.invitations.resume(arrival.resume, "192.0.2.1")


async def test_the_invitation_decides_over_the_rooms_lobby(cast: Cast, add_user: AddUser) -> None:
    ada = await add_user("Ada")
    room = (await cast.room(ada, lobby=False)).access.room.id
    for lobby, state in ((None, MembershipState.ACTIVE), (True, MembershipState.WAITING)):
        _, arrival = await cast.arrive(ada, room, lobby=lobby)
        assert arrival.overview.access.membership.state is state


async def test_what_cannot_be_invited(cast: Cast, add_user: AddUser) -> None:
    ada = await add_user("Ada")
    room = (await cast.room(ada)).access.room.id
    for options in (
        {"role": RoomRole.HOST},
        {"expires_in": timedelta(0)},
        {"expires_in": timedelta(days=91)},
        {"name": " "},
    ):
        with pytest.raises(Invalid):
            await cast.invitations.create(ada, room, **({"name": "Gabi"} | options))


async def test_tries_are_limited_per_link_and_per_address(cast: Cast, add_user: AddUser) -> None:
    cast.limits.allowed = 3
    for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3"):
        with pytest.raises(LinkInvalid):
            await cast.invitations.redeem("guess", None, address)
    with pytest.raises(RateLimited):
        await cast.invitations.redeem("guess", None, "192.0.2.4")
    for n in range(2):
        with pytest.raises(LinkInvalid):
            await cast.invitations.resume(f"guess-{n}", "192.0.2.1")
    with pytest.raises(RateLimited):
        await cast.invitations.resume("another", "192.0.2.1")
