"""Recording as use cases: nobody without a consent, every step told and audited."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.adapters.secret_box import AesSecretBox
from server.domain.access import Actor, RoomRole
from server.domain.calls import MediaUnavailable
from server.domain.errors import Forbidden, NotFound
from server.domain.presence import NotInCall
from server.domain.recordings import (
    MIX,
    QUIET_LIMIT,
    MixState,
    RecordingActive,
    RecordingOff,
    RecordingOver,
    RecordingState,
    RecordingUnready,
    StopReason,
)
from server.domain.rooms import RoomEncrypted
from server.services.calls import Calls
from server.services.films import MIX_PATIENCE
from server.services.presence import Presence
from server.services.recordings import Recordings
from server.services.rooms import CreateRoom, Rooms
from server.services.tokens import Tokens
from tests.services.conftest import AddUser, FakeClock, RecordingBus
from tests.services.rooms_cast import Cast
from tests.smoke.signalling.media import FakeMedia

KEPT = timedelta(days=30)


class FakeVault:
    """Files in memory."""

    def __init__(self) -> None:
        self.deleted: list[str] = []
        self.mixed: list[Sequence[Mapping[str, Any]]] = []
        self.fails = False

    async def read(self, recording: str, file: str, key: bytes, offset: int, size: int) -> bytes:
        if recording in self.deleted:
            raise FileNotFoundError(file)
        return b"webm"[offset : offset + size]

    async def delete(self, recording: str) -> None:
        self.deleted.append(recording)

    async def mix(
        self,
        recording: str,
        key: bytes,
        files: Sequence[Mapping[str, Any]],
        progressed: Callable[[float], Awaitable[None]],
    ) -> Mapping[str, int]:
        self.mixed.append(files)
        await progressed(0.5)
        if self.fails:
            raise RuntimeError
        return {"bytes": 9, "duration_ms": 2500}


class Scene:
    """A room that allows recording: a host and a member in its call."""

    def __init__(
        self, database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, bus: RecordingBus
    ) -> None:
        self.database, self.clock, self.bus = database, clock, bus
        self.rooms = Rooms(database, clock, fresh)
        self.presence = Presence(database, clock, fresh, bus, "here")
        self.media, self.vault = FakeMedia(), FakeVault()
        self.calls = Calls(database, clock, fresh, self.media)
        box = AesSecretBox(os.urandom(32))
        self.recordings = Recordings(
            database, clock, fresh, box, self.media, self.vault, "here", KEPT
        )

    async def set(self, cast: Cast, host: Actor, member: Actor) -> None:
        await self.presence.renew()
        await self.calls.start(lambda notice: None)
        self.cast, self.host, self.member = cast, host, member
        self.room = (await cast.room(host, member)).access.room.id
        self.peers = {}
        for person in (host, member):
            self.peers[person.person] = await self.enter(person)

    async def enter(self, person: Actor) -> str:
        peer = await self.presence.join(person, self.room, f"tab of {person.person}")
        await self.calls.join(person, self.room, peer.id)
        await self.recordings.apply(self.room)  # as the publisher does
        return peer.id

    async def allow(self) -> None:
        await self.rooms.change(self.host, self.room, {"recordable": True})

    async def begin(self) -> str:
        await self.allow()
        return (await self.recordings.start(self.host, self.room)).id

    @property
    def recorded(self) -> frozenset[str]:
        return self.media.recorded[self.room][1]

    def found(self, *peers: str) -> None:
        """What the media plane will have written."""
        self.media.files = [
            {
                "file": f"f{n}", "peer": peer, "source": "camera", "codec": "V_VP8",
                "began_ns": 10**18 + n * 250_000_000, "duration_ms": 3000, "bytes": 4,
            }
            for n, peer in enumerate(peers)
        ]  # fmt: skip

    async def finished(self) -> str:
        recording = await self.begin()
        self.found(self.peers[self.host.person], "nobody we know")
        await self.recordings.stop(self.host, self.room, recording)
        await self.recordings.tend()
        return recording


@pytest.fixture
async def scene(
    database: SqlDatabase,
    clock: FakeClock,
    fresh: SystemFresh,
    bus: RecordingBus,
    add_user: AddUser,
    tokens: Tokens,
) -> Scene:
    scene = Scene(database, clock, fresh, bus)
    cast = Cast.of(database, clock, fresh, tokens)
    await scene.set(cast, await add_user("Ada"), await add_user("Bo"))
    return scene


async def test_it_is_off_until_somebody_who_may_record_allows_it(scene: Scene) -> None:
    with pytest.raises(RecordingOff):
        await scene.recordings.start(scene.host, scene.room)
    with pytest.raises(Forbidden):
        await scene.rooms.change(scene.member, scene.room, {"recordable": True})
    await scene.allow()
    with pytest.raises(Forbidden):
        await scene.recordings.start(scene.member, scene.room)
    assert scene.media.recorded == {}
    assert (await scene.cast.audited())[-1] == "room.recording_allowed"


async def test_only_who_agreed_is_recorded(scene: Scene) -> None:
    recording = await scene.begin()
    mine, other = (scene.peers[one.person] for one in (scene.host, scene.member))
    assert scene.recorded == {mine}
    await scene.recordings.answer(scene.member, scene.room, recording, given=True)
    assert scene.recorded == {mine, other}
    await scene.recordings.answer(scene.member, scene.room, recording, given=False)
    assert scene.recorded == {mine}
    assert [key for key in await scene.cast.audited() if key.startswith("recording.")] == [
        "recording.started",
        "recording.agreed",
        "recording.refused",
    ]


async def test_who_comes_later_is_asked_first(scene: Scene, add_user: AddUser) -> None:
    recording = await scene.begin()
    late = await add_user("Cy")
    await scene.cast.members.add(scene.host, scene.room, late.person, RoomRole.MEMBER)
    peer = await scene.enter(late)
    assert peer not in scene.recorded
    shown = (await scene.cast.timeline.snapshot(late, scene.room)).to_wire()["recording"]
    assert shown["consents"] == {scene.host.person: True}
    await scene.recordings.answer(late, scene.room, recording, given=True)
    assert peer in scene.recorded
    await scene.calls.leave(late, scene.room, peer)
    again = await scene.enter(late)  # the consent holds for this recording
    assert again in scene.recorded


async def test_there_is_one_at_a_time_and_only_of_a_call(scene: Scene) -> None:
    recording = await scene.begin()
    with pytest.raises(RecordingActive):
        await scene.recordings.start(scene.host, scene.room)
    with pytest.raises(RecordingActive):
        await scene.recordings.remove(scene.host, scene.room, recording)
    with pytest.raises(Forbidden):
        await scene.recordings.stop(scene.member, scene.room, recording)
    await scene.recordings.stop(scene.host, scene.room, recording)
    with pytest.raises(RecordingOver):
        await scene.recordings.answer(scene.member, scene.room, recording, given=True)
    for person in (scene.host, scene.member):
        await scene.calls.leave(person, scene.room, scene.peers[person.person])
    with pytest.raises(NotInCall):
        await scene.recordings.start(scene.host, scene.room)


async def test_a_media_plane_that_cannot_record_ends_it_at_once(scene: Scene) -> None:
    await scene.allow()
    scene.media.refuse = "media-unavailable"
    with pytest.raises(MediaUnavailable):
        await scene.recordings.start(scene.host, scene.room)
    (failed,) = await scene.recordings.list(scene.host, scene.room)
    assert (failed.state, failed.reason) == (RecordingState.STOPPED, StopReason.FAILED)
    assert (await scene.cast.timeline.snapshot(scene.host, scene.room)).recording is None


async def test_ended_it_tells_what_was_recorded_of_whom(scene: Scene) -> None:
    recording = await scene.finished()
    found = await scene.recordings.find(scene.host, scene.room, recording)
    assert found.state is RecordingState.READY
    assert found.expires_at == scene.clock.now() + KEPT
    assert [(one.person, one.offset_ms) for one in found.files] == [
        (scene.host.person, 0),
        ("", 250),
    ]
    assert scene.media.recorded == {}
    assert len(scene.media.keys) == 1
    types = await scene.cast.types(scene.host, scene.room)
    assert types[-2:] == ["recording.stopped", "recording.ready"]


async def test_it_is_read_by_those_who_may_record_and_that_is_audited(
    scene: Scene, add_user: AddUser
) -> None:
    recording = await scene.finished()
    opened = await scene.recordings.opened(scene.host, scene.room, recording)
    pieces = [piece async for piece in scene.recordings.stream(opened, "f0", 1, 4)]
    assert b"".join(pieces) == b"ebm"
    assert (await scene.cast.audited())[-1] == "recording.read"
    for reader in (scene.recordings.find, scene.recordings.opened, scene.recordings.ask_mix):
        with pytest.raises(Forbidden):
            await reader(scene.member, scene.room, recording)
        with pytest.raises(NotFound):
            await reader(await add_user(f"Eve {reader.__name__}"), scene.room, recording)
    with pytest.raises(Forbidden):
        await scene.recordings.remove(scene.member, scene.room, recording)


async def test_a_deserted_recording_ends_after_a_while(scene: Scene) -> None:
    recording = await scene.begin()
    for person in (scene.host, scene.member):
        await scene.calls.leave(person, scene.room, scene.peers[person.person])
    await scene.recordings.tend()
    scene.clock.advance(seconds=QUIET_LIMIT.total_seconds() - 1)
    await scene.presence.renew()
    await scene.recordings.tend()
    found = await scene.recordings.find(scene.host, scene.room, recording)
    assert found.state is RecordingState.ACTIVE
    scene.clock.advance(seconds=1)
    await scene.recordings.tend()
    found = await scene.recordings.find(scene.host, scene.room, recording)
    assert found.reason is StopReason.EMPTY


async def test_closing_the_room_ends_it(scene: Scene) -> None:
    recording = await scene.begin()
    await scene.rooms.close(scene.host, scene.room)
    for _ in range(2):
        await scene.recordings.tend()
    found = await scene.recordings.find(scene.host, scene.room, recording)
    assert (found.state, found.reason) == (RecordingState.READY, StopReason.CLOSED)


@pytest.mark.parametrize("by", ["a person", "time"])
async def test_removed_or_expired_its_files_go(scene: Scene, by: str) -> None:
    recording = await scene.finished()
    if by == "time":
        scene.clock.advance(days=KEPT.days)
        await scene.recordings.tend()
    else:
        await scene.recordings.remove(scene.host, scene.room, recording)
    assert await scene.recordings.list(scene.host, scene.room) == []
    await scene.recordings.tend()
    assert scene.vault.deleted == [recording]
    assert (await scene.cast.types(scene.host, scene.room))[-1] == "recording.removed"
    action = "recording.expired" if by == "time" else "recording.removed"
    assert (await scene.cast.audited())[-1] == action


async def test_a_film_is_made_when_asked_for(scene: Scene) -> None:
    recording = await scene.finished()
    with pytest.raises(NotFound):
        (await scene.recordings.find(scene.host, scene.room, recording)).size_of(MIX)
    assert not await scene.recordings.films.make()
    await scene.recordings.ask_mix(scene.host, scene.room, recording)
    assert await scene.recordings.films.make()
    assert not await scene.recordings.films.make()
    found = await scene.recordings.ask_mix(scene.host, scene.room, recording)
    assert found.mix is not None
    assert (found.mix.state, found.size_of(MIX)) == (MixState.READY, 9)
    assert [one["id"] for one in scene.vault.mixed[0]] == ["f0", "f1"]


async def test_a_film_that_failed_may_be_asked_for_again(scene: Scene) -> None:
    recording = await scene.finished()
    scene.vault.fails = True
    await scene.recordings.ask_mix(scene.host, scene.room, recording)
    assert await scene.recordings.films.make()
    found = await scene.recordings.find(scene.host, scene.room, recording)
    assert found.mix is not None
    assert found.mix.state is MixState.FAILED
    scene.vault.fails = False
    await scene.recordings.ask_mix(scene.host, scene.room, recording)
    assert await scene.recordings.films.make()


async def test_a_film_whose_maker_died_is_made_by_another(scene: Scene) -> None:
    recording = await scene.finished()
    await scene.recordings.ask_mix(scene.host, scene.room, recording)

    async def dies(*_: Any) -> Mapping[str, int]:
        raise asyncio.CancelledError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scene.vault, "mix", dies)
        with pytest.raises(asyncio.CancelledError):
            await scene.recordings.films.make()
    assert not await scene.recordings.films.make()
    scene.clock.advance(seconds=MIX_PATIENCE.total_seconds() + 1)
    assert await scene.recordings.films.make()


async def test_nothing_is_ready_before_it_ended(scene: Scene) -> None:
    recording = await scene.begin()
    for reader in (scene.recordings.opened, scene.recordings.ask_mix):
        with pytest.raises(RecordingUnready):
            await reader(scene.host, scene.room, recording)


async def test_what_only_the_members_hear_is_not_recorded(scene: Scene) -> None:
    sealed = CreateRoom("Consult", encrypted=True)
    scene.room = (await scene.rooms.create(scene.host, sealed)).access.room.id
    await scene.enter(scene.host)
    with pytest.raises(RoomEncrypted):
        await scene.allow()
    with pytest.raises(RoomEncrypted):
        await scene.recordings.start(scene.host, scene.room)
    assert scene.media.recorded == {}
