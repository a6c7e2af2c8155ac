"""A hospital, its case manager and a GP, around one follow-up pathway."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import Actor, Role
from server.domain.accounts import OrganisationRole
from server.domain.organisations import Kind, Organisation
from server.domain.pathway_templates import Mode, Performer, Step
from server.domain.pathway_visits import VisitState
from server.domain.windows import ZONE, Offset, Unit
from server.services.deadlines import Deadlines
from server.services.follow_up import FollowUp, follow_up
from server.services.pathway_tasks import tasks
from server.services.pathway_templates import WriteTemplate
from server.services.pathway_views import PathwayDetail
from server.services.pathways import OpenPathway
from tests.services.conftest import AddUser, FakeClock

TODAY = date(2026, 11, 22)
TOMORROW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def step(title: str, days: int, performer: Performer = Performer.HOSPITAL) -> Step:
    specialty = "Oncology" if performer is Performer.HOSPITAL else None
    return Step.of(title, Offset(days, Unit.DAYS), (3, 3), Mode.IN_PERSON, performer, specialty)


STEPS = [step("First", 5), step("GP", 10, Performer.GP), step("Last", 60)]


@dataclass
class Ward:
    """The services, the people, and the steps most tests begin with."""

    database: SqlDatabase
    clock: FakeClock
    services: FollowUp
    manager: Actor
    gp: Actor
    nurse: Actor
    clerk: Actor
    territory: Actor
    stranger: Actor
    hospital: str
    house: str

    @property
    def deadlines(self) -> Deadlines:
        return Deadlines(self.database, self.clock, self.services.handlers)

    async def template(self, *steps: Step) -> str:
        wanted = WriteTemplate("After surgery", ZONE, steps or STEPS)
        return (await self.services.templates.create(self.manager, wanted)).id

    async def wanted(self, **changes: object) -> OpenPathway:
        made = OpenPathway(
            template=await self.template(),
            name="Rosa Prova",
            birth_date=date(1958, 2, 3),
            identifier="PRVRSO58B43F205X",
            discharged_on=TODAY,
            gp=self.gp.person,
            team=[self.nurse.person],
        )
        return replace(made, **changes)  # type: ignore[arg-type]

    async def open(self, **changes: object) -> PathwayDetail:
        return await self.services.pathways.open(self.manager, await self.wanted(**changes))

    async def see(self, pathway: str) -> PathwayDetail:
        return await self.services.pathways.get(self.manager, pathway)

    async def kinds(self, actor: Actor) -> list[str]:
        async with self.database.reading() as uow:
            user = await uow.accounts.find(actor.person)
            assert user is not None
            return [task.kind for task in await tasks(uow, user, self.clock.now())]


async def furnish_ward(
    database: SqlDatabase,
    clock: FakeClock,
    fresh: SystemFresh,
    add_user: AddUser,
    hospital: Organisation,
) -> Ward:
    """Everybody and everything in place."""
    house = Organisation(fresh.id(), "House of Tests", Kind.TERRITORY, is_demo=False)
    async with database.transaction() as uow:
        assert await uow.organisations.add(house)
    there = (OrganisationRole(house.id, Role.CASE_MANAGER),)
    return Ward(
        database,
        clock,
        follow_up(database, clock, fresh),
        manager=await add_user("Clara", Role.CASE_MANAGER),
        gp=await add_user("Guido", Role.GP),
        nurse=await add_user("Nina", Role.NURSE),
        clerk=await add_user("Bruno", Role.BOOKING_CLERK),
        territory=await add_user("Tina", roles=there),
        stranger=await add_user("Sam", Role.SPECIALIST),
        hospital=hospital.id,
        house=house.id,
    )


def ids(detail: PathwayDetail) -> list[str]:
    return [visit.id for visit in detail.visits]


def states(detail: PathwayDetail) -> list[VisitState]:
    return [visit.state for visit in detail.visits]
