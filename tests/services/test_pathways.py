"""Follow-up as use cases: opened, late across a restart, missed, handed over, counted, listed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from server.adapters.database.unit_of_work import SqlDatabase, create_engine
from server.adapters.fresh import SystemFresh
from server.domain.access import Actor, Role, RoomRole
from server.domain.accounts import OrganisationRole
from server.domain.errors import Conflict, Forbidden, Invalid, NotFound
from server.domain.organisations import Kind, Organisation
from server.domain.pathway_templates import Mode, Performer, Step
from server.domain.pathway_visits import OutsideWindow, Visit, VisitState
from server.domain.pathways import Ability
from server.domain.patients import PatientMismatch
from server.domain.windows import ZONE, Offset, Unit
from server.services.deadlines import Deadlines
from server.services.demo import Cast as DemoCast
from server.services.follow_up import FollowUp, follow_up
from server.services.pathway_demo import BREAST, furnish
from server.services.pathway_figures import as_csv
from server.services.pathway_tasks import tasks
from server.services.pathway_templates import WriteTemplate
from server.services.pathway_views import PathwayDetail
from server.services.pathway_visits import Booking, Waiting
from server.services.pathways import OpenPathway
from tests.services.conftest import AddUser, FakeClock, RecordingBus, trail

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


@pytest.fixture
async def ward(
    database: SqlDatabase,
    clock: FakeClock,
    fresh: SystemFresh,
    add_user: AddUser,
    hospital: Organisation,
) -> Ward:
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


async def test_opening_makes_visits_and_a_room_for_the_team(ward: Ward) -> None:
    detail = await ward.open()
    pathway = detail.row.pathway
    assert [visit.last for visit in detail.visits] == [
        TODAY + timedelta(days=days) for days in (8, 13, 63)
    ]
    assert detail.to_wire()["may"] == ["book", "record", "steer"]
    async with ward.database.reading() as uow:
        room = await uow.rooms.find(pathway.room)
        members = await uow.memberships.of_room(pathway.room)
    assert room is not None
    assert room.title == f"{pathway.code} · After surgery"
    assert {one.name: one.role for one in members} == {
        "Clara": RoomRole.HOST,
        "Nina": RoomRole.MEMBER,
        "Guido": RoomRole.MEMBER,
    }
    assert ("pathway.opened", pathway.id) in await trail(ward.database)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"birth_date": date(1958, 2, 4)}, PatientMismatch),
        ({"discharged_on": TODAY + timedelta(days=1)}, Invalid),
        ({"gp": None}, Invalid),
        ({"gp": "nobody"}, Invalid),
        ({"team": ["nobody"]}, Invalid),
        ({"template": "nothing"}, NotFound),
        ({"hospital": "elsewhere"}, Forbidden),
    ],
)
async def test_opening_is_refused(
    ward: Ward, changes: dict[str, object], error: type[Exception]
) -> None:
    await ward.open()
    with pytest.raises(error):
        await ward.open(**changes)


async def test_strangers_see_nothing_and_nurses_open_nothing(ward: Ward) -> None:
    detail = await ward.open()
    pathways = ward.services.pathways
    with pytest.raises(NotFound):
        await pathways.get(ward.stranger, detail.row.pathway.id)
    assert await pathways.page(ward.stranger) == ([], None)
    assert await ward.services.visits.waiting(ward.stranger, Waiting.SOON) == []
    with pytest.raises(Forbidden):
        await pathways.open(ward.nurse, await ward.wanted())


async def test_a_retired_template_opens_nothing(ward: Ward) -> None:
    wanted = await ward.wanted()
    await ward.services.templates.retire(ward.manager, wanted.template)
    with pytest.raises(Conflict):
        await ward.services.pathways.open(ward.manager, wanted)


async def test_revising_a_template_leaves_open_pathways_alone(ward: Ward) -> None:
    detail = await ward.open()
    other = WriteTemplate("Other", ZONE, [step("Only", 1)])
    template = detail.row.pathway.template
    revised = await ward.services.templates.revise(ward.manager, template, other)
    assert len(revised.steps) == 1
    assert len((await ward.see(detail.row.pathway.id)).visits) == 3
    assert [one.name for one in await ward.services.templates.all(ward.nurse)] == ["Other"]


async def test_a_visit_is_overdue_across_a_restart(
    ward: Ward, tmp_path: Path, bus: RecordingBus, fresh: SystemFresh
) -> None:
    detail = await ward.open()
    pathway = detail.row.pathway
    end = datetime(2026, 11, 30, 23, tzinfo=UTC)  # midnight in Rome after the 30th
    ward.clock.advance(seconds=(end - ward.clock.now()).total_seconds() - 1)
    assert await ward.deadlines.meet() == 0
    assert await ward.kinds(ward.manager) == ["pathways.book"]

    await ward.database.close()  # the process dies with the deadline in its database
    engine = create_engine(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    ward.database = SqlDatabase(engine, bus, ward.clock)
    ward.services = follow_up(ward.database, ward.clock, fresh)
    ward.clock.advance(seconds=1)
    assert await ward.deadlines.meet() == 1
    assert await ward.deadlines.meet() == 0
    seen = await ward.see(pathway.id)
    assert states(seen)[0] is VisitState.OVERDUE
    assert seen.visits[0].overdue_at == end
    assert await ward.kinds(ward.manager) == ["pathways.overdue"]
    [late] = await ward.services.visits.waiting(ward.manager, Waiting.OVERDUE)
    assert late.to_wire()["pathway"]["patient"]["name"] == "Rosa Prova"
    assert ("pathway-visit.overdue", seen.visits[0].id) in await trail(ward.database)
    told = {notice.person for notice in bus.named("changed")}
    assert {ward.manager.person, ward.clerk.person} <= told
    await ward.database.close()


async def test_a_booked_visit_does_not_become_overdue(ward: Ward) -> None:
    detail = await ward.open()
    first = ids(detail)[0]
    at = datetime(2026, 11, 27, 9, tzinfo=UTC)
    pathway = detail.row.pathway.id
    await ward.services.visits.book(ward.clerk, pathway, first, Booking(at, "Room 4"))
    ward.clock.advance(days=9)
    await ward.deadlines.meet()
    assert states(await ward.see(pathway))[0] is VisitState.BOOKED
    assert await ward.kinds(ward.manager) == ["pathways.record"]
    [past] = await ward.services.visits.waiting(ward.manager, Waiting.RECORD)
    assert past.visit.id == first


async def test_a_missed_visit_is_overdue_at_once_when_its_window_is_over(ward: Ward) -> None:
    detail = await ward.open()
    pathway, first = detail.row.pathway.id, ids(detail)[0]
    late = Booking(datetime(2026, 12, 3, 9, tzinfo=UTC), reason="Away until then")
    visits = ward.services.visits
    with pytest.raises(OutsideWindow):
        await visits.book(ward.manager, pathway, first, replace(late, reason=None))
    await visits.book(ward.manager, pathway, first, late)
    ward.clock.advance(days=12)
    missed = await visits.miss(ward.nurse, pathway, first)
    assert states(missed)[0] is VisitState.MISSED
    await ward.deadlines.meet()
    assert states(await ward.see(pathway))[0] is VisitState.OVERDUE
    held = await visits.complete(ward.nurse, pathway, first, TODAY + timedelta(days=12))
    assert held.visits[0].is_on_time is False


async def test_the_gp_sees_takes_over_books_and_holds_the_own_visit_only(ward: Ward) -> None:
    detail = await ward.open()
    pathway, (first, own, _) = detail.row.pathway.id, ids(detail)
    visits = ward.services.visits
    assert await ward.kinds(ward.gp) == ["pathways.visit"]
    assert [one.visit.id for one in await visits.waiting(ward.gp, Waiting.GP)] == [own]
    with pytest.raises(Forbidden):
        await visits.take(ward.manager, pathway, own)
    with pytest.raises(Conflict):
        await visits.take(ward.gp, pathway, first)
    with pytest.raises(Forbidden):
        await visits.book(ward.gp, pathway, first, Booking(TOMORROW, reason="x"))
    taken = await visits.take(ward.gp, pathway, own)
    assert taken.visits[1].taken_by == ward.gp.person
    await visits.book(ward.gp, pathway, own, Booking(datetime(2026, 12, 1, 9, tzinfo=UTC)))
    ward.clock.advance(days=10)
    held = await visits.complete(ward.gp, pathway, own, date(2026, 12, 1))
    assert held.visits[1].is_on_time is True
    with pytest.raises(NotFound):
        await visits.take(ward.gp, pathway, "elsewhere")


async def test_responsibility_stays_until_the_territory_acknowledges(ward: Ward) -> None:
    detail = await ward.open()
    pathway = detail.row.pathway.id
    handovers = ward.services.handovers
    for wrong in (ward.hospital, "nowhere"):
        with pytest.raises(Invalid):
            await handovers.offer(ward.manager, pathway, wrong, "Stable")
    with pytest.raises(Conflict):
        await handovers.acknowledge(ward.manager, pathway)
    with pytest.raises(Forbidden):
        await handovers.acknowledge(ward.nurse, pathway)
    await handovers.offer(ward.manager, pathway, ward.house, "First words")
    offered = await handovers.offer(ward.manager, pathway, ward.house, "Better words")
    assert offered.row.pathway.responsible == ward.hospital
    assert await ward.kinds(ward.territory) == ["pathways.handover"]
    with pytest.raises(Forbidden):
        await handovers.acknowledge(ward.manager, pathway)
    taken = await handovers.acknowledge(ward.territory, pathway)
    assert taken.row.pathway.responsible == ward.house
    assert taken.handover is not None
    assert taken.handover["summary"] == "Better words"
    assert Ability.STEER in taken.standing.abilities
    assert taken.standing.is_seated
    with pytest.raises(Conflict):
        await handovers.acknowledge(ward.territory, pathway)
    with pytest.raises(Forbidden):
        await ward.services.pathways.close(ward.manager, pathway)
    assert Ability.BOOK in (await ward.see(pathway)).standing.abilities


async def test_two_acknowledge_at_once_and_one_wins(ward: Ward) -> None:
    pathway = (await ward.open()).row.pathway.id
    handovers = ward.services.handovers
    await handovers.offer(ward.manager, pathway, ward.house, "Stable")
    answers = await asyncio.gather(
        *(handovers.acknowledge(ward.territory, pathway) for _ in range(5)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, PathwayDetail) for one in answers) == 1
    assert sum(isinstance(one, Conflict) for one in answers) == 4


async def test_closing_cancels_what_was_to_come(ward: Ward) -> None:
    detail = await ward.open(discharged_on=TODAY - timedelta(days=10))
    pathway = detail.row.pathway.id
    await ward.deadlines.meet()
    closed = await ward.services.pathways.close(ward.manager, pathway)
    assert states(closed) == [VisitState.OVERDUE, VisitState.CANCELLED, VisitState.CANCELLED]
    assert await ward.kinds(ward.manager) == []
    ward.clock.advance(days=90)
    assert await ward.deadlines.meet() == 0
    with pytest.raises(Conflict):
        await ward.services.visits.book(ward.manager, pathway, ids(closed)[0], Booking(TOMORROW))


async def test_lists_are_searched_by_code_and_name(ward: Ward) -> None:
    code = (await ward.open()).row.pathway.code
    await ward.open(identifier="OTHER", name="Other")
    pathways = ward.services.pathways
    [row], _ = await pathways.page(ward.clerk, text=code.lower())
    assert row.pathway.code == code
    assert (row.counts.visits, row.counts.done, row.counts.overdue) == (3, 0, 0)
    assert len((await pathways.page(ward.manager, text="AFTER"))[0]) == 2
    assert (await pathways.page(ward.manager, text="Rosa"))[0] == []
    assert (await pathways.page(ward.manager, text="%"))[0] == []
    first, following = await pathways.page(ward.manager, limit=1)
    rest, end = await pathways.page(ward.manager, limit=1, after=following)
    assert (len(first), len(rest), end) == (1, 1, None)


async def test_figures_count_by_month_and_hospital(ward: Ward) -> None:
    detail = await ward.open(discharged_on=TODAY - timedelta(days=70))
    pathway, (first, own, last) = detail.row.pathway.id, ids(detail)
    discharged = detail.row.pathway.discharged_on  # 13 September: 21 and 26 September, 15 November
    visits, figures = ward.services.visits, ward.services.figures
    await ward.deadlines.meet()
    await visits.complete(ward.manager, pathway, first, discharged + timedelta(days=5))
    await visits.complete(ward.manager, pathway, own, discharged + timedelta(days=30))
    rows = await figures.read(ward.manager)
    counted = [
        (one.figure.month, one.figure.due, one.figure.on_time, one.figure.late) for one in rows
    ]
    assert counted == [(9, 2, 1, 1), (11, 1, 0, 0)]
    assert as_csv(rows).splitlines() == [
        "month,hospital,due,on_time,late,not_held,on_time_percent",
        "2026-09,Hospital of Tests,2,1,1,0,50.0",
        "2026-11,Hospital of Tests,1,0,0,1,0.0",
    ]
    assert await figures.read(ward.manager, date(2026, 10, 1), date(2026, 10, 1)) == []
    with pytest.raises(Forbidden):
        await figures.read(ward.nurse)
    with pytest.raises(Invalid):
        await figures.read(ward.manager, date(2026, 11, 1), date(2026, 10, 1))
    assert last != first
    named = replace(rows[0], hospital_name="=SUM(A1)")
    assert "'=SUM(A1)" in as_csv([named])


async def test_nothing_of_the_patient_is_in_the_audit_or_the_timeline(ward: Ward) -> None:
    detail = await ward.open(discharged_on=TODAY - timedelta(days=20))
    await ward.deadlines.meet()
    async with ward.database.reading() as uow:
        entries = await uow.audit.page(0, 1000)
        events = await uow.events.after(detail.row.pathway.room, 0, 500)
    assert "Rosa" not in str(entries) + str(events)
    assert "PRVRSO" not in str(entries) + str(events)


async def test_the_demo_has_two_templates_and_a_visit_that_becomes_overdue(
    ward: Ward, fresh: SystemFresh
) -> None:
    actors = {
        "casemanager": ward.manager,
        "gp": ward.gp,
        "nurse": ward.nurse,
        "clerk": ward.clerk,
        "oncologue": ward.stranger,
    }
    async with ward.database.transaction() as uow:
        known = await uow.accounts.named([one.person for one in actors.values()])
        people = {login: known[one.person] for login, one in actors.items()}
        for _ in range(2):
            await furnish(uow, DemoCast({}, people), ward.clock.now(), fresh)
    await ward.deadlines.meet()
    rows, _ = await ward.services.pathways.page(ward.manager)
    assert [row.pathway.title for row in rows] == [BREAST]
    assert (rows[0].counts.done, rows[0].counts.overdue) == (2, 1)
    assert len(await ward.services.templates.all(ward.manager)) == 2
    seen: list[Visit] = list((await ward.see(rows[0].pathway.id)).visits)
    assert [visit.is_on_time for visit in seen[:2]] == [True, True]
