"""Calls and presence as use cases, on a media plane that only remembers."""

from __future__ import annotations

import asyncio

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import Ability, Actor, Grants, RoomRole, Source
from server.domain.calls import MediaFull, MediaUnavailable, NotPermitted
from server.domain.errors import Forbidden, LimitExceeded, NotFound
from server.domain.presence import LEASE, LeftReason, NotInCall, Peer, PeerGone
from server.services.calls import Calls
from server.services.ports.bus import Notice
from server.services.presence import Presence
from server.services.rooms import CreateRoom, Rooms
from tests.services.conftest import AddUser, FakeClock, RecordingBus
from tests.smoke.signalling.media import FakeMedia
from tests.waiting import until


class Scene:
    """A room with a host and a member, both present."""

    def __init__(
        self, database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, bus: RecordingBus
    ) -> None:
        self.database = database
        self.bus = bus
        self.rooms = Rooms(database, clock, fresh)
        self.presence = Presence(database, clock, fresh, bus, "here")
        self.media = FakeMedia()
        self.calls = Calls(database, clock, fresh, self.media)
        self.told: list[Notice] = []

    async def set(self, host: Actor, member: Actor) -> None:
        await self.presence.renew()
        await self.calls.start(self.told.append)
        self.host, self.member = host, member
        command = CreateRoom("Consult", members=[(member.person, RoomRole.MEMBER)])
        self.room = (await self.rooms.create(host, command)).access.room.id
        self.peer = await self.presence.join(member, self.room, "tab")

    async def stored(self) -> Peer:
        async with self.database.reading() as uow:
            peer = await uow.presences.find(self.room, self.peer.id)
        assert peer is not None
        return peer

    def events(self, kind: str) -> list[Notice]:
        return [one for one in self.bus.named("event") if one.data["type"] == kind]


@pytest.fixture
async def scene(
    database: SqlDatabase,
    clock: FakeClock,
    fresh: SystemFresh,
    bus: RecordingBus,
    add_user: AddUser,
) -> Scene:
    scene = Scene(database, clock, fresh, bus)
    await scene.set(await add_user("Ada"), await add_user("Bo"))
    return scene


async def test_joining_twice_is_told_once(scene: Scene) -> None:
    for _ in range(2):
        await scene.calls.join(scene.member, scene.room, scene.peer.id)
    assert (await scene.stored()).in_call
    assert len(scene.events("call.joined")) == 1
    admitted = scene.media.rooms[scene.room][scene.peer.id]
    assert admitted == (frozenset(source.value for source in Source), True)


@pytest.mark.parametrize(
    ("code", "error"), [("media-full", MediaFull), ("media-unavailable", MediaUnavailable)]
)
async def test_a_refused_join_leaves_nothing_behind(
    scene: Scene, code: str, error: type[Exception]
) -> None:
    scene.media.refuse = code
    with pytest.raises(error):
        await scene.calls.join(scene.member, scene.room, scene.peer.id)
    assert not (await scene.stored()).in_call
    assert scene.events("call.joined") == []
    scene.media.refuse = None
    with pytest.raises(NotInCall):
        await scene.calls.publish(scene.member, scene.room, scene.peer.id, "v=0", {})


async def test_an_unexpected_failure_of_the_plane_is_not_disguised(scene: Scene) -> None:
    scene.media.refuse = "something-new"
    with pytest.raises(Exception, match="something-new"):
        await scene.calls.join(scene.member, scene.room, scene.peer.id)


async def test_publishing_needs_the_grant(scene: Scene, add_user: AddUser) -> None:
    await scene.calls.join(scene.member, scene.room, scene.peer.id)
    sources = {"0": Source.SCREEN}
    only_camera = Grants(frozenset({Source.CAMERA}), frozenset({Ability.SUBSCRIBE}))
    await scene.calls.regrant({(scene.room, scene.member.person): only_camera})
    async with scene.database.transaction() as uow:
        membership = await uow.memberships.find(scene.room, scene.member.person)
        assert membership is not None
        await uow.memberships.save(membership.change(None, only_camera))
    with pytest.raises(NotPermitted):
        await scene.calls.publish(scene.member, scene.room, scene.peer.id, "v=0", sources)
    stranger = await add_user("Eve")
    with pytest.raises(NotFound):
        await scene.calls.publish(stranger, scene.room, scene.peer.id, "v=0", sources)


async def test_lost_grants_take_what_was_published(scene: Scene) -> None:
    await scene.calls.join(scene.member, scene.room, scene.peer.id)
    both = {"0": Source.CAMERA, "1": Source.MICROPHONE}
    await scene.calls.publish(scene.member, scene.room, scene.peer.id, "v=0", both)
    deaf = Grants(frozenset({Source.MICROPHONE}), frozenset())
    await scene.calls.regrant({(scene.room, scene.member.person): deaf})
    assert scene.media.rooms[scene.room][scene.peer.id] == (frozenset({"microphone"}), False)
    assert (await scene.stored()).publishing == {Source.MICROPHONE}


async def test_only_moderators_mute_others(scene: Scene) -> None:
    await scene.calls.join(scene.member, scene.room, scene.peer.id)
    room, peer = scene.room, scene.peer.id
    with pytest.raises(Forbidden):
        await scene.calls.moderate_mute(scene.member, room, peer, Source.CAMERA)
    with pytest.raises(PeerGone):
        await scene.calls.moderate_mute(scene.host, room, "nobody", Source.CAMERA)
    assert scene.media.muted == set()
    await scene.calls.moderate_mute(scene.host, room, peer, Source.CAMERA)
    assert scene.media.muted == {(peer, "camera")}
    assert [notice.peer for notice in scene.bus.named("muted")] == [peer]


async def test_a_dropped_peer_is_not_admitted_by_a_reset(scene: Scene) -> None:
    await scene.calls.join(scene.member, scene.room, scene.peer.id)
    await scene.calls.drop(scene.room, scene.peer.id)
    scene.media.kill_worker(scene.room)
    await asyncio.sleep(0)
    assert scene.told == []
    assert scene.media.peers(scene.room) == set()


async def test_a_reset_is_told_even_when_the_new_worker_refuses(scene: Scene) -> None:
    await scene.calls.join(scene.member, scene.room, scene.peer.id)
    scene.media.refuse = "media-unavailable"
    scene.media.kill_worker(scene.room)
    await until(lambda: scene.told)
    assert [(one.name, one.peer) for one in scene.told] == [("media.reset", scene.peer.id)]


async def test_leaving_the_room_ends_the_call_first(scene: Scene) -> None:
    await scene.calls.join(scene.member, scene.room, scene.peer.id)
    for _ in range(2):
        await scene.presence.leave(scene.room, [scene.peer.id], LeftReason.LOST)
    kinds = [one.data["type"] for one in scene.bus.named("event")][-2:]
    assert kinds == ["call.left", "presence.left"]
    assert len(scene.events("presence.left")) == 1


async def test_the_sweep_spares_the_living(
    scene: Scene, clock: FakeClock, fresh: SystemFresh
) -> None:
    dead = Presence(scene.database, clock, fresh, scene.bus, "dead")
    await dead.renew()
    ghost = await dead.join(scene.host, scene.room, "tab")
    clock.advance(seconds=LEASE.total_seconds() - 1)
    assert await scene.presence.renew()
    assert await scene.presence.sweep() == 0
    clock.advance(seconds=1)
    assert await scene.presence.sweep() == 1
    assert await scene.presence.sweep() == 0
    left = scene.events("presence.left")
    assert [one.data["data"]["peer"] for one in left] == [ghost.id]
    assert (await scene.stored()).id == scene.peer.id


async def test_a_process_that_comes_back_restores_its_peers_once(
    scene: Scene, clock: FakeClock
) -> None:
    clock.advance(seconds=60)
    assert await scene.presence.sweep() == 1
    assert not await scene.presence.renew()
    missing = await scene.presence.missing([scene.peer])
    assert missing == [scene.peer]
    await scene.presence.restore(missing)
    await scene.presence.restore(missing)
    assert len(scene.events("presence.joined")) == 2
    assert (await scene.stored()) == scene.peer


async def test_a_room_holds_so_many_peers(scene: Scene) -> None:
    for n in range(63):
        await scene.presence.join(scene.host, scene.room, f"tab-{n}")
    with pytest.raises(LimitExceeded):
        await scene.presence.join(scene.host, scene.room, "one-more")
    await scene.presence.join(scene.host, scene.room, "tab-0")
