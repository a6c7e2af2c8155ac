"""The quality record as use cases: minutes in batches, and who may read them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import Actor, Role, RoomRole
from server.domain.call_quality import RETENTION, LinkPath, Minute, Told
from server.domain.errors import Forbidden, Invalid, NotFound, Unavailable
from server.services import quality_record
from server.services.call_quality import CallQuality
from server.services.quality_record import QualityRecord
from server.services.rooms import CreateRoom, Rooms
from tests.services.conftest import AddUser, FakeClock

READING = {
    "score": 4.0, "loss_up": 0.01, "loss_down": 0.0, "jitter_ms": 3.0, "rtt_ms": 30.0,
    "kbps_up": 500.0, "kbps_down": 600.0,
}  # fmt: skip


class Scene:
    """A room of two colleagues, and the record of their call."""

    def __init__(self, database: SqlDatabase, clock: FakeClock, fresh: SystemFresh) -> None:
        self.database, self.clock = database, clock
        self.seen: list[Minute] = []
        self.record = QualityRecord(database, clock, fresh, self.seen.append)
        self.reader = CallQuality(database, clock)
        self.rooms = Rooms(database, clock, fresh)

    async def set(self, add_user: AddUser) -> None:
        self.ada, self.bo = await add_user("Ada"), await add_user("Bo")
        self.admin = await add_user("Adele", Role.ADMINISTRATOR)
        self.stranger = await add_user("Sten")
        self.room = await self.open(self.ada, self.bo)

    async def open(self, host: Actor, *members: Actor) -> str:
        seats = [(one.person, RoomRole.MEMBER) for one in members]
        made = await self.rooms.create(host, CreateRoom("Consult", members=seats))
        return made.access.room.id

    async def call(self, room: str, *people: Actor, minutes: int = 1, **changed: float) -> None:
        """A call of some minutes, whose last people leave at its end."""
        for person in people:
            self.record.enter(room, f"peer {person.person} {room}", person.person, None)
        for _ in range(minutes):
            for person in people:
                self.record.hear(f"peer {person.person} {room}", READING | changed)
            self.clock.advance(minutes=1)
        for person in people:
            self.record.leave(f"peer {person.person} {room}")


@pytest.fixture
async def scene(
    database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, add_user: AddUser
) -> Scene:
    scene = Scene(database, clock, fresh)
    await scene.set(add_user)
    return scene


async def test_each_person_gets_a_row_a_minute(scene: Scene) -> None:
    record, room, ada = scene.record, scene.room, scene.ada
    record.enter(room, "tab", ada.person, None)
    record.enter(room, "tab", ada.person, None)
    record.tell("tab", Told(LinkPath.TURN_TCP, 720, None, 1, 0.5))
    record.hear("tab", READING)
    record.hear("nobody", READING)
    record.tell("nobody", Told())
    assert await record.flush() == 0
    assert [one.freezes for one in record.open_minutes(room)] == [1]
    scene.clock.advance(minutes=1)
    record.hear("tab", READING | {"score": 2.0})
    assert await record.flush() == 1
    assert await record.flush() == 0
    await record.close()
    record.leave("tab")
    (person,) = {one.seat.person for one in scene.seen}
    found = await scene.reader.of_room(ada, room)
    assert found.shown is not None
    assert found.shown.names[person] == "Ada"
    assert [one.score for one in found.shown.minutes] == [4.0, 2.0]
    assert [one.freezes for one in found.shown.minutes] == [1, 0]
    assert {one.path for one in found.shown.minutes} == {LinkPath.TURN_TCP}
    assert list(found.shown.minutes) == scene.seen
    assert record.describe() == {"open": 0, "pending": 0, "lost": 0}


async def test_an_idle_minute_is_closed_by_the_clock_alone(scene: Scene) -> None:
    scene.record.enter(scene.room, "tab", scene.ada.person, None)
    scene.record.hear("tab", READING)
    scene.clock.advance(minutes=3)
    assert await scene.record.flush() == 1
    scene.clock.advance(minutes=3)
    assert await scene.record.flush() == 0


async def test_a_call_that_pauses_goes_on_and_one_that_ended_does_not(scene: Scene) -> None:
    await scene.call(scene.room, scene.ada)
    scene.clock.advance(seconds=30)
    await scene.record.flush()
    await scene.call(scene.room, scene.ada)
    scene.clock.advance(seconds=61)
    await scene.record.flush()
    await scene.call(scene.room, scene.ada)
    await scene.record.flush()
    found = await scene.reader.of_room(scene.bo, scene.room)
    assert len(found.calls) == 2
    older = await scene.reader.of_room(scene.bo, scene.room, found.calls[1].call)
    assert older.shown is not None
    assert len(older.shown.minutes) == 2


async def test_a_database_out_of_reach_delays_and_bounds(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quality_record, "PENDING_MAX", 2)
    with monkeypatch.context() as broken:

        def refuse() -> None:
            raise Unavailable

        broken.setattr(scene.database, "transaction", refuse)
        await scene.call(scene.room, scene.ada, minutes=3)
        with pytest.raises(Unavailable):
            await scene.record.flush()
    assert scene.record.describe() == {"open": 0, "pending": 2, "lost": 1}
    assert await scene.record.flush() == 2


async def test_members_read_their_rooms_only_and_are_audited(scene: Scene) -> None:
    other = await scene.open(scene.stranger)
    assert (await scene.reader.of_room(scene.ada, scene.room)).shown is None
    await scene.call(scene.room, scene.ada, scene.bo)
    await scene.record.flush()
    found = await scene.reader.of_room(scene.ada, scene.room)
    assert found.shown is not None
    with pytest.raises(NotFound):
        await scene.reader.of_room(scene.stranger, scene.room)
    for call in (found.shown.call, "no such call"):
        with pytest.raises(NotFound):
            await scene.reader.of_room(scene.stranger, other, call)
    async with scene.database.reading() as uow:
        read = [one for one in await uow.audit.page(0, 500) if one.action == "call_quality.read"]
    assert [(one.actor, one.subject) for one in read] == [(scene.ada.person, found.shown.call)]


async def test_administrators_see_the_worst_first(scene: Scene) -> None:
    reader, admin = scene.reader, scene.admin
    for score in (4.0, 2.0, 3.0):
        room = await scene.open(scene.ada, scene.bo)
        await scene.call(room, scene.ada, scene.bo, score=score)
    await scene.record.flush()
    first = await reader.worst(admin, 1, 2)
    assert [one.score for one in first.items] == [2.0, 3.0]
    assert first.next is not None
    last = await reader.worst(admin, 1, 2, after=first.next)
    assert ([one.score for one in last.items], last.next) == ([4.0], None)
    (share,) = await reader.shares(admin, 1)
    assert (share.minutes, share.poor_minutes, share.path) == (6, 2, None)
    record = await reader.of_call(admin, first.items[0].call)
    assert set(record.names.values()) == {"Ada", "Bo"}
    with pytest.raises(NotFound):
        await reader.of_call(admin, "no such call")
    with pytest.raises(Invalid):
        await reader.shares(admin, 0)
    for refused in (
        reader.worst(scene.ada, 1, 2),
        reader.shares(scene.ada, 1),
        reader.of_call(scene.ada, record.call),
    ):
        with pytest.raises(Forbidden):
            await refused


async def test_old_minutes_are_deleted(scene: Scene) -> None:
    await scene.call(scene.room, scene.ada, minutes=2)
    await scene.record.flush()
    scene.clock.advance(seconds=(RETENTION - timedelta(minutes=2)).total_seconds() + 30)
    assert await scene.record.purge() == 1
    scene.clock.advance(minutes=1)
    assert await scene.record.purge() == 1
