"""Threads on a real database: the seat of a role moves with duty, the urgent message repeats."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.rate_limits import WindowRateLimits
from server.domain.access import Actor, Role
from server.domain.contact_methods import Kind
from server.domain.deadlines import Deadline
from server.domain.errors import Conflict, Forbidden, Invalid, NotFound
from server.domain.organisations import Organisation
from server.domain.rota import Layer, Rotation
from server.services.chat import Chat
from server.services.deadlines import Deadlines
from server.services.on_call import on_call
from server.services.ports.clock import Fresh
from server.services.reach import Reach
from server.services.rota_quality import RotaQuality
from server.services.rotas import CHECK, DUTY, Rotas, Sheet
from server.services.thread_duty import REPEAT, ThreadDuty
from server.services.threads import OpenThread, Threads, ThreadSheet, tasks
from tests.services.conftest import AddUser, FakeClock, RecordingBus
from tests.services.contact_cast import PEOPLE_URL, Contacting

FIRST = date(2026, 11, 22)


@dataclass
class Ward:
    """A nurse and three radiologists who take turns, one day each, from 8:00 UTC."""

    database: SqlDatabase
    clock: FakeClock
    bus: RecordingBus
    chat: Chat
    rotas: Rotas
    threads: Threads
    deadlines: Deadlines
    nina: Actor
    rita: Actor
    rocco: Actor
    rhona: Actor
    rota: Sheet

    async def write(self, *, urgent: bool = True, client_id: str = "first") -> ThreadSheet:
        wanted = OpenThread(self.rota.rota.id, client_id, "Bed 4?", urgent, 30)
        return await self.threads.open(self.nina, wanted)

    async def look(self, room: str, who: Actor | None = None) -> ThreadSheet:
        return await self.threads.get(who or self.nina, room)

    async def next_day(self) -> None:
        self.clock.advance(hours=24)
        await self.deadlines.meet()

    async def tasks(self, actor: Actor) -> list[str]:
        async with self.database.reading() as uow:
            user = await uow.accounts.find(actor.person)
            assert user is not None
            return [task.kind for task in await tasks(uow, user, self.clock.now())]


@pytest.fixture
async def ward(
    database: SqlDatabase,
    clock: FakeClock,
    bus: RecordingBus,
    fresh: Fresh,
    add_user: AddUser,
    hospital: Organisation,
) -> Ward:
    clock.advance(hours=1)
    duty = ThreadDuty(Reach(fresh, frozenset(Kind)))
    rotas = Rotas(database, clock, fresh)
    nina = await add_user("Nina", Role.NURSE)
    rita = await add_user("Rita", Role.RADIOLOGIST)
    rocco = await add_user("Rocco", Role.RADIOLOGIST)
    rhona = await add_user("Rhona", Role.RADIOLOGIST)
    rotation = Rotation(FIRST, 8, 1, (rita.person, rocco.person, rhona.person))
    rota = await rotas.create(
        rita,
        hospital.id,
        {
            "name": "On guard",
            "role": Role.RADIOLOGIST,
            "zone": "UTC",
            "phone": "555",
            "layers": (Layer(rotation),),
        },
    )
    return Ward(
        database,
        clock,
        bus,
        Chat(database, clock, fresh, [duty.posted]),
        rotas,
        Threads(database, clock, fresh, duty),
        Deadlines(
            database,
            clock,
            {
                DUTY: duty.change,
                REPEAT: duty.repeat,
                CHECK: RotaQuality(database, clock, Reach(fresh)).check,
            },
        ),
        nina,
        rita,
        rocco,
        rhona,
        rota,
    )


async def test_a_message_goes_to_whoever_holds_the_role(ward: Ward) -> None:
    sheet = await ward.write()
    assert sheet.stored.thread.holder == ward.rita.person
    assert await ward.tasks(ward.rita) == ["thread.acknowledge"]
    assert await ward.tasks(ward.rocco) == []
    for stranger in (ward.rocco, ward.rhona):
        with pytest.raises(NotFound):
            await ward.look(sheet.stored.thread.room, stranger)


async def test_duty_moves_the_seat_and_the_thread_stays(ward: Ward) -> None:
    room = (await ward.write()).stored.thread.room
    await ward.deadlines.meet()
    await ward.next_day()
    assert (await ward.look(room, ward.rocco)).stored.thread.holder == ward.rocco.person
    with pytest.raises(NotFound):
        await ward.look(room, ward.rita)
    assert await ward.tasks(ward.rocco) == ["thread.acknowledge"]


async def test_the_opener_keeps_the_seat_when_her_own_duty_ends(ward: Ward) -> None:
    wanted = OpenThread(ward.rota.rota.id, "own", "A note to my successor")
    room = (await ward.threads.open(ward.rita, wanted)).stored.thread.room
    await ward.deadlines.meet()
    await ward.next_day()
    assert (await ward.look(room, ward.rita)).stored.thread.holder == ward.rocco.person


async def test_a_message_finds_the_holder_even_before_the_deadline_does(ward: Ward) -> None:
    room = (await ward.write(urgent=False)).stored.thread.room
    ward.clock.advance(hours=24)
    await ward.chat.send(ward.nina, room, "second", "And now?")
    assert (await ward.look(room)).stored.thread.holder == ward.rocco.person


async def test_an_urgent_message_repeats_until_acknowledged(ward: Ward) -> None:
    room = (await ward.write()).stored.thread.room
    for times in (1, 2, 3):
        ward.clock.advance(seconds=30)
        await ward.deadlines.meet()
        assert (await ward.look(room)).stored.thread.reminders == times
    last = (await ward.look(room)).stored.thread.last
    await ward.threads.acknowledge(ward.rita, room, last)
    ward.clock.advance(minutes=30)
    await ward.deadlines.meet()
    found = (await ward.look(room)).stored.thread
    assert (found.reminders, found.is_outstanding) == (3, False)
    assert await ward.tasks(ward.rita) == []


async def test_an_urgent_message_is_written_to_contacts_until_acknowledged(
    ward: Ward, limits: WindowRateLimits
) -> None:
    contacting = Contacting(ward.database, ward.clock, limits)
    phone = await contacting.proved(ward.rita, Kind.SMS)
    room = (await ward.write()).stored.thread.room
    await contacting.send()
    said = f"An urgent message waits for your answer. Open Guardline: {PEOPLE_URL}/messages/{room}"
    assert contacting.post.texts(phone.value) == [said]
    last = (await ward.look(room)).stored.thread.last
    await contacting.methods.change(ward.rita, phone.id, 60, None)
    await ward.threads.acknowledge(ward.rita, room, last)
    await ward.chat.send(ward.nina, room, "second", "And bed 5?", urgent=True)
    await ward.threads.acknowledge(ward.rita, room, last + 2)
    ward.clock.advance(minutes=10)
    await contacting.send()
    assert len(contacting.post.carried) == 1, "what is acknowledged is not written"


async def test_a_deleted_or_closed_message_repeats_no_more(ward: Ward) -> None:
    deleted = (await ward.write()).stored.thread
    await ward.chat.delete(ward.nina, deleted.room, deleted.last)
    closed = (await ward.write(client_id="other")).stored.thread
    await ward.threads.close(ward.nina, closed.room)
    ward.clock.advance(minutes=5)
    await ward.deadlines.meet()
    assert not (await ward.look(deleted.room)).stored.thread.is_outstanding
    assert (await ward.look(closed.room)).stored.thread.reminders == 0
    assert await ward.tasks(ward.rita) == []


async def test_escalation_asks_who_comes_next(ward: Ward) -> None:
    room = (await ward.write(urgent=False)).stored.thread.room
    sheet = await ward.threads.escalate(ward.nina, room)
    assert sheet.stored.thread.backup == ward.rocco.person
    assert await ward.tasks(ward.rocco) == ["thread.acknowledge"]
    done = await ward.threads.acknowledge(ward.rocco, room, sheet.stored.thread.last)
    assert done.stored.thread.acknowledged_by == ward.rocco.person


async def test_nobody_on_duty_waits_for_whoever_comes(ward: Ward) -> None:
    rota, rotation = ward.rota.rota, ward.rota.rota.layers[0].rotation
    empty = Rotation(rotation.anchor, 8, 1)
    changed = await ward.rotas.change(ward.rita, rota.id, rota.version, {"layers": (Layer(empty),)})
    room = (await ward.write()).stored.thread.room
    assert (await ward.look(room)).stored.thread.holder is None
    sheet = await ward.threads.escalate(ward.nina, room)
    assert sheet.stored.thread.backup is None
    await ward.rotas.change(
        ward.rita, rota.id, changed.rota.version, {"layers": (Layer(rotation),)}
    )
    await ward.deadlines.meet()
    assert (await ward.look(room)).stored.thread.holder == ward.rita.person


async def test_many_threads_move_a_few_at_a_time(ward: Ward) -> None:
    rooms = [(await ward.write(client_id=str(n))).stored.thread.room for n in range(23)]
    await ward.deadlines.meet()
    await ward.next_day()
    for room in rooms:
        assert (await ward.look(room)).stored.thread.holder == ward.rocco.person


async def test_the_same_request_opens_one_thread(ward: Ward) -> None:
    assert (await ward.write()).stored.thread.room == (await ward.write()).stored.thread.room
    assert len(await ward.threads.mine(ward.nina)) == 1


async def test_who_no_longer_has_the_role_is_not_on_call(ward: Ward) -> None:
    async with ward.database.transaction() as uow:
        await uow.accounts.set_roles(ward.rita.person, [])
    async with ward.database.reading() as uow:
        assert await on_call(uow, ward.rota.rota.id, ward.clock.now()) is None
    sheet = await ward.rotas.get(ward.rocco, ward.rota.rota.id)
    assert sheet.gaps[0].member == ward.rita.person


async def test_a_rota_is_edited_by_its_own_people_once(ward: Ward) -> None:
    rota = ward.rota.rota
    with pytest.raises(Forbidden):
        await ward.rotas.change(ward.nina, rota.id, rota.version, {"phone": "1"})
    rotation = Rotation(FIRST, 8, 1, (ward.nina.person,))
    with pytest.raises(Invalid):
        await ward.rotas.change(ward.rita, rota.id, rota.version, {"layers": (Layer(rotation),)})
    await ward.rotas.change(ward.rita, rota.id, rota.version, {"phone": "1"})
    with pytest.raises(Conflict):
        await ward.rotas.change(ward.rocco, rota.id, rota.version, {"phone": "2"})


async def test_a_stand_in_takes_over_at_once_and_hands_back(ward: Ward) -> None:
    room = (await ward.write()).stored.thread.room
    now, rota = ward.clock.now(), ward.rota.rota
    sheet = await ward.rotas.stand_in(
        ward.rita, rota.id, now, now + timedelta(hours=2), ward.rhona.person
    )
    await ward.deadlines.meet()
    assert (await ward.look(room)).stored.thread.holder == ward.rhona.person
    await ward.rotas.stand_down(ward.rita, rota.id, sheet.rota.overrides[0].id)
    await ward.deadlines.meet()
    assert (await ward.look(room)).stored.thread.holder == ward.rita.person


async def test_a_change_of_a_rota_that_is_gone_is_forgotten(ward: Ward) -> None:
    async with ward.database.transaction() as uow:
        await uow.deadlines.set(Deadline(DUTY, "gone", ward.clock.now()))
        await uow.deadlines.set(Deadline(REPEAT, "gone", ward.clock.now()))
    await ward.deadlines.meet()
