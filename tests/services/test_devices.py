"""Devices that send over HTTP: participants without a socket, gone when their right is."""

from __future__ import annotations

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import Actor, RoomRole, Source
from server.domain.calls import MediaUnavailable, NotPermitted, SdpInvalid
from server.domain.errors import LimitExceeded, NotFound
from server.domain.presence import LeftReason, NotInCall, Peer
from server.domain.rooms import RoomEncrypted
from server.domain.whip import SESSIONS_PER_PERSON, Fragment
from server.services.calls import Calls
from server.services.devices import Devices
from server.services.members import Members
from server.services.presence import Presence
from server.services.revocation import Revocation
from server.services.rooms import CreateRoom, Rooms
from tests.services.conftest import AddUser, FakeClock, RecordingBus
from tests.smoke.api.nouns.whip import OFFER
from tests.smoke.signalling.media import FakeMedia

SDP = OFFER.decode()
NEW = Fragment("efgh", "0123456789012345678901")


class Scene:
    """A host, a member and an observer of one room."""

    def __init__(
        self, database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, bus: RecordingBus
    ) -> None:
        self.database, self.bus = database, bus
        self.presence = Presence(database, clock, fresh, bus, "here")
        self.media = FakeMedia()
        self.calls = Calls(database, clock, fresh, self.media)
        revocation = Revocation(database, clock)
        self.devices = Devices(database, fresh, self.presence, self.calls, revocation)
        self.rooms = Rooms(database, clock, fresh)
        self.members = Members(database, clock, fresh)

    async def set(self, add_user: AddUser) -> None:
        await self.presence.renew()
        await self.calls.start(lambda notice: None)
        self.host, self.member = await add_user("Ada"), await add_user("Bo")
        self.observer = await add_user("Olga")
        seats = [
            (self.member.person, RoomRole.MEMBER),
            (self.observer.person, RoomRole.OBSERVER),
        ]
        made = await self.rooms.create(self.host, CreateRoom("Echo", members=seats))
        self.room = made.access.room.id

    async def there(self) -> list[Peer]:
        async with self.database.reading() as uow:
            return list(await uow.presences.of_room(self.room))

    def told(self) -> list[str]:
        return [one.data["type"] for one in self.bus.named("event")]


@pytest.fixture
async def scene(
    database: SqlDatabase,
    clock: FakeClock,
    fresh: SystemFresh,
    bus: RecordingBus,
    add_user: AddUser,
) -> Scene:
    scene = Scene(database, clock, fresh, bus)
    await scene.set(add_user)
    return scene


async def test_a_device_is_a_participant_until_it_ends(scene: Scene) -> None:
    session = await scene.devices.publish(scene.member, scene.room, SDP, Source.CAMERA)
    (peer,) = await scene.there()
    assert (peer.person, peer.in_call, peer.publishing) == (
        scene.member.person,
        True,
        frozenset({Source.CAMERA}),
    )
    assert session.answer.startswith("answer to v=0")
    assert scene.devices.find(scene.member, scene.room, session.id) is session
    for stranger, room in ((scene.host, scene.room), (scene.member, "elsewhere")):
        with pytest.raises(NotFound):
            scene.devices.find(stranger, room, session.id)
    before = session.etag
    assert "a=mid:0" in await scene.devices.restart(session, NEW)
    assert session.etag != before
    assert await scene.devices.review() == 0
    await scene.devices.end(session)
    await scene.devices.end(session)
    assert await scene.there() == []
    assert scene.media.peers(scene.room) == set()
    assert scene.told()[-2:] == ["call.left", "presence.left"]


async def test_nothing_is_left_of_a_device_that_is_refused(scene: Scene) -> None:
    devices = scene.devices
    with pytest.raises(NotPermitted):
        await devices.publish(scene.observer, scene.room, SDP, Source.CAMERA)
    with pytest.raises(SdpInvalid):
        await devices.publish(scene.member, scene.room, "v=0", Source.CAMERA)
    with pytest.raises(NotFound):
        await devices.publish(scene.member, "elsewhere", SDP, Source.CAMERA)
    scene.media.refuse = "media-unavailable"
    with pytest.raises(MediaUnavailable):
        await devices.publish(scene.member, scene.room, SDP, Source.CAMERA)
    scene.media.refuse = None
    assert await scene.there() == []
    for _ in range(SESSIONS_PER_PERSON):
        await devices.publish(scene.member, scene.room, SDP, Source.CAMERA)
    with pytest.raises(LimitExceeded):
        await devices.publish(scene.member, scene.room, SDP, Source.CAMERA)
    await devices.publish(scene.host, scene.room, SDP, Source.SCREEN)


async def test_a_device_ends_with_its_media_its_membership_and_its_presence(scene: Scene) -> None:
    devices, room = scene.devices, scene.room
    listener = scene.media.listener
    assert listener is not None

    async def send(actor: Actor) -> str:
        return (await devices.publish(actor, room, SDP, Source.CAMERA)).peer.id

    listener.peer_lost(room, await send(scene.member), "consent-expired")
    assert await devices.review() == 1
    await send(scene.member)
    listener.room_reset(room)
    assert await devices.review() == 1
    await scene.presence.leave(room, [await send(scene.member)], LeftReason.LOST)
    assert await devices.review() == 1
    await send(scene.member)
    await scene.members.remove(scene.host, room, scene.member.person)
    assert await devices.review() == 1
    assert scene.media.peers(room) == set()
    assert await scene.there() == []


async def test_a_device_that_cannot_encrypt_stays_out_of_an_encrypted_room(scene: Scene) -> None:
    sealed = CreateRoom("Consult", encrypted=True)
    room = (await scene.rooms.create(scene.host, sealed)).access.room.id
    with pytest.raises(RoomEncrypted):
        await scene.devices.publish(scene.host, room, SDP, Source.CAMERA)


WATCH = SDP.replace("sendonly", "recvonly")


async def test_a_device_that_watches_is_a_participant_too(scene: Scene) -> None:
    sender = await scene.devices.publish(scene.member, scene.room, SDP, Source.CAMERA)
    session = await scene.devices.play(
        scene.observer, scene.room, WATCH, person=scene.member.person
    )
    assert session.answer.startswith("answer to v=0")
    assert scene.media.played == {session.peer.id: sender.peer.id}
    assert {(one.person, one.in_call) for one in await scene.there()} == {
        (scene.member.person, True),
        (scene.observer.person, True),
    }
    before = session.etag
    await scene.devices.restart(session, NEW)
    assert session.etag != before
    await scene.devices.end(session)
    everybody = await scene.devices.play(scene.observer, scene.room, WATCH, person=None)
    assert scene.media.played[everybody.peer.id] == ""
    with pytest.raises(NotInCall):
        await scene.devices.play(scene.member, scene.room, WATCH, person=scene.host.person)
    with pytest.raises(NotFound):
        await scene.devices.play(scene.member, "elsewhere", WATCH, person=None)


async def test_nobody_watches_an_encrypted_room_without_its_keys(scene: Scene) -> None:
    sealed = CreateRoom("Consult", encrypted=True)
    room = (await scene.rooms.create(scene.host, sealed)).access.room.id
    with pytest.raises(RoomEncrypted):
        await scene.devices.play(scene.host, room, WATCH, person=None)
