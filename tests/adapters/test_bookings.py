"""Slots on real databases: one booking each, whoever asks at once (hazard 13)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from server.adapters.bus import LocalBus
from server.adapters.clock import SystemClock
from server.adapters.database.unit_of_work import SqlDatabase, create_engine
from server.adapters.fresh import SystemFresh
from server.domain.access import Actor, Role
from server.domain.accounts import OrganisationRole, Status, User
from server.domain.consultations import ClinicalCase, Consultation, State
from server.domain.opinions import Doctor, Opinion, Outcome, Synthesis
from server.domain.organisations import Kind, Organisation
from server.domain.patients import Patient
from server.domain.rooms import Room, RoomKind
from server.domain.slots import Slot, SlotsOverlap, SlotTaken
from server.services.appointments import Appointments
from server.services.ports.consultations import Wanted
from server.services.ports.unit_of_work import UnitOfWork
from tests.adapters.databases import KINDS, migrated_database

NOW = datetime(2026, 11, 22, 3, 4, 5, 678901, UTC)
TOMORROW = timedelta(days=1)
RIVALS = 200


@dataclass
class Centre:
    """A database with an expert, a requester and a patient."""

    database: SqlDatabase
    fresh: SystemFresh

    async def furnish(self) -> None:
        async with self.database.transaction() as uow:
            for kind in (Kind.ONCOLOGY_CENTRE, Kind.HOSPITAL):
                await uow.organisations.add(Organisation(kind.value, kind.value, kind, False))
            await uow.accounts.add(_user("expert", Kind.ONCOLOGY_CENTRE), "unusable")
            await uow.accounts.add(_user("requester", Kind.HOSPITAL), "unusable")
            await uow.patients.add(Patient("p", "Mario Rossi", date(1961, 4, 2), "RSSMRA61"))

    async def slot(self, at: datetime, name: str = "") -> Slot:
        slot = Slot(name or self.fresh.id(), "oncology_centre", "expert", at, 30)
        async with self.database.transaction() as uow:
            await uow.slots.add([slot])
        return slot

    async def consultation(self, name: str) -> Consultation:
        (one,) = await self.consultations([name])
        return one

    async def consultations(self, names: Iterable[str]) -> list[Consultation]:
        async with self.database.transaction() as uow:
            return [await self._describe(uow, name) for name in names]

    async def _describe(self, uow: UnitOfWork, name: str) -> Consultation:
        room = Room.create(f"room-{name}", "requester", NOW, title=name, kind=RoomKind.CONSULTATION)
        case = ClinicalCase("Chordoma", "Carbon ions?")
        one = Consultation(name, room.id, name, "requester", "Rosa", "p", case, NOW)
        one = one.described("Rosa")
        await uow.rooms.add(room)
        await uow.consultations.add(one)
        return one


def _user(name: str, kind: Kind) -> User:
    return User(
        id=name,
        email=f"{name}@tests.example",
        name=name.title(),
        profession="doctor",
        locale="en",
        status=Status.ACTIVE,
        is_demo=False,
        has_totp=False,
        registered_at=NOW,
        roles=(OrganisationRole(kind.value, Role.SPECIALIST),),
    )


@pytest.fixture(params=KINDS)
async def centre(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Centre]:
    async with migrated_database(request, tmp_path) as url:
        opened = SqlDatabase(create_engine(url), LocalBus(), SystemClock())
        found = Centre(opened, SystemFresh())
        await found.furnish()
        yield found
        await opened.close()


async def test_of_two_hundred_bookings_at_once_one_wins(centre: Centre) -> None:
    clock, fresh, database = SystemClock(), centre.fresh, centre.database
    slot = await centre.slot(clock.now() + TOMORROW)
    requester = Actor("requester", "Rosa")
    cases = await centre.consultations(f"case-{number}" for number in range(RIVALS))
    appointments = Appointments(database, clock, fresh)
    answers = await asyncio.gather(
        *(appointments.book(requester, one.id, slot.id) for one in cases), return_exceptions=True
    )
    lost = [answer for answer in answers if isinstance(answer, SlotTaken)]
    assert len(lost) == RIVALS - 1
    async with database.reading() as uow:
        wanted = Wanted(requester="requester", states={State.REQUESTED}, limit=RIVALS)
        (winner,) = await uow.consultations.list(wanted)
        (agenda,) = await uow.slots.of_centres(["oncology_centre"], clock.now(), 10)
    assert agenda.consultation == winner.id


async def test_a_slot_is_given_back_and_taken_again(centre: Centre) -> None:
    slot = await centre.slot(NOW + TOMORROW, "s")
    one, two = await centre.consultation("one"), await centre.consultation("two")
    async with centre.database.transaction() as uow:
        assert await uow.slots.book("s", one.id)
        assert not await uow.slots.book("s", two.id)
        assert (await uow.slots.free(NOW, None, None, None, 10)) == []
    async with centre.database.transaction() as uow:
        await uow.slots.release(one.id)
        assert await uow.slots.book("s", two.id)
        held = await uow.slots.lock("s")
    named = replace(slot, expert_name="Expert", centre_name="oncology_centre")
    assert held == replace(named, consultation="two")
    async with centre.database.transaction() as uow:
        await uow.slots.release(two.id)
        assert await uow.slots.free(NOW, NOW + 2 * TOMORROW, named.centre, "expert", 10) == [named]
        assert await uow.slots.free(NOW, NOW + TOMORROW, None, None, 10) == []
        await uow.slots.remove("s")
        assert await uow.slots.lock("s") is None


async def test_an_expert_never_has_two_slots_at_one_time(centre: Centre) -> None:
    await centre.slot(NOW + TOMORROW)
    with pytest.raises(SlotsOverlap):
        await centre.slot(NOW + TOMORROW)


async def test_the_staff_of_a_centre_is_its_own(centre: Centre) -> None:
    async with centre.database.reading() as uow:
        assert await uow.slots.staff("oncology_centre") == ["expert"]
        assert [one.person for one in await uow.slots.experts()] == ["expert"]


async def test_a_consultation_comes_back_as_it_was(centre: Centre) -> None:
    one = await centre.consultation("one")
    slot = replace(await centre.slot(NOW + TOMORROW, "s"), expert_name="Expert")
    moved = one.book(slot, "requester", "Rosa", NOW).confirm("expert", "Expert", NOW)
    moved = moved.conclude(Outcome.ELIGIBLE, "Rosa", NOW)
    doctor = Doctor("one", "expert", "Expert", "doctor", "Centre", "requester", NOW)
    async with centre.database.transaction() as uow:
        await uow.consultations.update(moved)
        assert await uow.opinions.ask(doctor)
        assert not await uow.opinions.ask(doctor)
    async with centre.database.transaction() as uow:
        found = await uow.consultations.lock("one")
        assert found == await uow.consultations.of_room("room-one")
        assert found is not None
        assert replace(found, steps=()) == replace(moved, steps=())
        assert [step.move for step in found.steps] == [step.move for step in moved.steps]
        for wanted in (
            Wanted(doctor="expert"),
            Wanted(centres=["oncology_centre"], states={State.CONCLUDED}),
            Wanted(requester="requester", before="two"),
        ):
            assert await uow.consultations.list(wanted) == [found]
        assert await uow.consultations.list(Wanted(centres=[])) == []
        assert await uow.opinions.doctors(["one"]) == [doctor]
        await uow.opinions.unask("one", "expert")
        assert await uow.consultations.list(Wanted(doctor="expert")) == []


async def test_opinions_come_back_signed_as_they_were(centre: Centre) -> None:
    await centre.consultation("one")
    draft = Opinion("one", 1, "expert").write("Carbon ions", Outcome.ELIGIBLE)
    at = NOW.replace(microsecond=678000)
    signed = draft.sign("Expert", "doctor", at)
    view = Synthesis("one", 1).write("So be it", "", Outcome.ELIGIBLE)
    final, _ = view.finalise(["expert"], [signed], "Rosa", "doctor", at)
    async with centre.database.transaction() as uow:
        for opinion, synthesis in ((draft, view), (signed, final)):
            await uow.opinions.save(opinion)
            await uow.opinions.save_synthesis(synthesis)
            assert await uow.opinions.of(["one"]) == [opinion]
            assert await uow.opinions.syntheses(["one"]) == [synthesis]
        assert await uow.opinions.of([]) == []
