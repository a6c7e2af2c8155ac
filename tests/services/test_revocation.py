"""What the review of live sockets ends, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import ROLE_GRANTS, Actor, RoomRole
from server.domain.accounts import Status
from server.domain.memberships import MembershipState, active
from server.services.revocation import GRACE, Ended, HeldSeat, Hold, Revocation
from server.services.rooms import CreateRoom, Rooms
from tests.services.conftest import AddUser, FakeClock

LIFETIME = timedelta(minutes=10)


class Scene:
    """A user and a guest of one room, each on a socket."""

    def __init__(self, database: SqlDatabase, clock: FakeClock, fresh: SystemFresh) -> None:
        self.database = database
        self.clock = clock
        self.revocation = Revocation(database, clock)
        self.rooms = Rooms(database, clock, fresh)

    async def set(self, ada: Actor) -> None:
        self.ada = ada
        now, ends = self.clock.now(), self.clock.now() + LIFETIME
        self.room = (await self.rooms.create(ada, CreateRoom("Consult"))).access.room.id
        guest = active(self.room, "guest:1", "Patient", RoomRole.GUEST, now)
        async with self.database.transaction() as uow:
            await uow.memberships.save(guest)
        seats = (HeldSeat(self.room, ends),)
        self.host = Hold("s1", ada.person, ada.session, None, ends, seats)
        self.guest = Hold("s2", "guest:1", None, self.room, ends, seats)

    async def ended(self, *holds: Hold) -> list[Ended]:
        return list((await self.revocation.review(holds or (self.host, self.guest))).ended)

    async def becomes(self, person: str, state: MembershipState) -> None:
        async with self.database.transaction() as uow:
            former = await uow.memberships.find(self.room, person)
            assert former is not None
            await uow.memberships.save(replace(former, state=state))


@pytest.fixture
async def scene(
    database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, add_user: AddUser
) -> Scene:
    scene = Scene(database, clock, fresh)
    await scene.set(await add_user("Ada"))
    return scene


async def test_who_may_be_there_stays(scene: Scene) -> None:
    review = await scene.revocation.review([scene.host, scene.guest])
    assert review.ended == []
    assert review.grants == {
        (scene.room, scene.ada.person): ROLE_GRANTS[RoomRole.HOST],
        (scene.room, "guest:1"): ROLE_GRANTS[RoomRole.GUEST],
    }
    assert (await scene.revocation.review([])).ended == []


async def test_an_ended_session(scene: Scene) -> None:
    async with scene.database.transaction() as uow:
        assert scene.ada.session is not None
        await uow.sessions.end(scene.ada.session, scene.clock.now())
    assert await scene.ended() == [Ended("s1", None, "unauthenticated")]


async def test_a_suspended_account(scene: Scene) -> None:
    async with scene.database.transaction() as uow:
        await uow.accounts.set_status(scene.ada.person, Status.SUSPENDED)
    assert await scene.ended() == [Ended("s1", None, "unauthenticated")]


@pytest.mark.parametrize(
    ("state", "guest_ends"),
    [
        (MembershipState.REMOVED, Ended("s2", None, "unauthenticated")),
        (MembershipState.REFUSED, Ended("s2", "ROOM", "forbidden")),
        (MembershipState.WAITING, Ended("s2", "ROOM", "forbidden")),
    ],
)
async def test_a_membership_that_changed(
    scene: Scene, state: MembershipState, guest_ends: Ended
) -> None:
    await scene.becomes("guest:1", state)
    expected = replace(guest_ends, room=guest_ends.room and scene.room)
    assert await scene.ended() == [expected]
    await scene.becomes(scene.ada.person, MembershipState.REMOVED)
    assert await scene.ended(scene.host) == [Ended("s1", scene.room, "not-found")]


async def test_a_waiting_guest_without_a_seat_stays(scene: Scene) -> None:
    await scene.becomes("guest:1", MembershipState.WAITING)
    assert await scene.ended(replace(scene.guest, seats=())) == []


async def test_a_closed_room(scene: Scene) -> None:
    await scene.rooms.close(scene.ada, scene.room)
    codes = [(one.socket, one.room, one.code) for one in await scene.ended()]
    assert codes == [("s1", scene.room, "room-closed"), ("s2", scene.room, "room-closed")]


async def test_tokens_that_ran_out_have_a_short_grace(scene: Scene) -> None:
    scene.clock.advance(seconds=(LIFETIME + GRACE).total_seconds() - 1)
    assert await scene.ended() == []
    scene.clock.advance(seconds=1)
    fresh = replace(scene.host, expires_at=scene.clock.now() + LIFETIME)
    assert await scene.ended(fresh) == [Ended("s1", scene.room, "unauthenticated")]
    assert await scene.ended(scene.host) == [Ended("s1", None, "unauthenticated")]
