"""A centre, its expert and a doctor who asks, around one consultation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from server.adapters.database.unit_of_work import SqlDatabase
from server.domain.access import Ability, Actor, Role, RoomRole
from server.domain.accounts import OrganisationRole
from server.domain.consultations import State
from server.domain.opinions import Outcome
from server.domain.organisations import Kind, Organisation
from server.domain.slots import Series, Slot
from server.domain.tasks import Task
from server.services.appointments import Appointments
from server.services.consultation_moves import CLOSE, LAPSE
from server.services.consultation_tasks import tasks
from server.services.consultation_views import Sight
from server.services.consultations import Consultations, Describe
from server.services.deadlines import Deadlines
from server.services.opinions import Opinions
from server.services.ports.clock import Fresh
from server.services.slots import Search, Slots
from tests.services.conftest import AddUser, FakeClock

TOLD = Describe("Mario Rossi", date(1961, 4, 2), "RSSMRA61", "Chordoma", "Carbon ions?", "Surgery")
FIRST = datetime(2026, 11, 23, 9)


@dataclass
class Play:
    """The use cases over one database, and who plays."""

    database: SqlDatabase
    clock: FakeClock
    slots: Slots
    cases: Consultations
    appointments: Appointments
    opinions: Opinions
    deadlines: Deadlines
    rosa: Actor
    expert: Actor
    second: Actor
    clerk: Actor
    stranger: Actor

    async def free(self) -> Sequence[Slot]:
        return await self.slots.free(self.rosa, Search())

    async def booked(self) -> str:
        one = (await self.cases.describe(self.rosa, TOLD)).seen.consultation.id
        slot = (await self.free())[0]
        await self.appointments.book(self.rosa, one, slot.id)
        return one

    async def held(self) -> str:
        one = await self.booked()
        await self.appointments.confirm(self.clerk, one)
        return one

    async def sign(self, actor: Actor, one: str, position: Outcome = Outcome.ELIGIBLE) -> Sight:
        return await self.opinions.write(actor, one, "Carbon ions.", position, sign=True)

    async def conclude(self, one: str, outcome: Outcome = Outcome.ELIGIBLE) -> Sight:
        return await self.opinions.synthesise(self.rosa, one, "So be it", "", outcome, final=True)

    async def state(self, one: str) -> State:
        return (await self.cases.get(self.rosa, one)).seen.consultation.state

    async def tasks(self, actor: Actor) -> list[Task]:
        async with self.database.reading() as uow:
            user = await uow.accounts.find(actor.person)
            assert user is not None
            return list(await tasks(uow, user, self.clock.now()))

    async def kinds(self, actor: Actor) -> list[str]:
        return [each.kind.removeprefix("consultations.") for each in await self.tasks(actor)]

    async def standing(self, one: str, actor: Actor) -> tuple[RoomRole, bool] | None:
        """The role in the room, and whether documents are within reach."""
        async with self.database.reading() as uow:
            found = await uow.consultations.find(one)
            assert found is not None
            member = await uow.memberships.find(found.room, actor.person)
        if member is None or member.state.value != "active":
            return None
        return member.role, Ability.DOCUMENTS in member.grants.abilities


async def begin(database: SqlDatabase, clock: FakeClock, fresh: Fresh, add_user: AddUser) -> Play:
    """Everybody and everything in place."""
    centre = Organisation(fresh.id(), "Centre", Kind.ONCOLOGY_CENTRE, is_demo=False)
    async with database.transaction() as uow:
        await uow.organisations.add(centre)

    async def staff(name: str, role: Role) -> Actor:
        return await add_user(name, roles=(OrganisationRole(centre.id, role),))

    common = (database, clock, fresh)
    cases, appointments = Consultations(*common), Appointments(*common)
    handlers = {LAPSE: appointments.lapse, CLOSE: cases.close}
    made = Play(
        database,
        clock,
        Slots(*common),
        cases,
        appointments,
        Opinions(*common),
        Deadlines(database, clock, handlers),
        rosa=await add_user("Rosa", Role.SPECIALIST),
        expert=await staff("Expert", Role.SPECIALIST),
        second=await staff("Second", Role.SPECIALIST),
        clerk=await staff("Clerk", Role.BOOKING_CLERK),
        stranger=await add_user("Stranger", Role.SPECIALIST),
    )
    series = Series(FIRST, "Europe/Rome", 30, in_a_row=4)
    await made.slots.publish(made.expert, None, None, series)
    return made
