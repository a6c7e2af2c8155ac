"""Follow-up as use cases: opened, late across a restart, missed, handed over, counted, listed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from server.adapters.database.unit_of_work import SqlDatabase, create_engine
from server.adapters.fresh import SystemFresh
from server.domain.access import RoomRole
from server.domain.errors import Conflict, Forbidden, Invalid, NotFound
from server.domain.organisations import Organisation
from server.domain.pathway_visits import OutsideWindow, VisitState
from server.domain.pathways import Ability
from server.domain.patients import PatientMismatch
from server.domain.windows import ZONE
from server.services.follow_up import follow_up
from server.services.pathway_templates import WriteTemplate
from server.services.pathway_views import PathwayDetail
from server.services.pathway_visits import Booking, Waiting
from tests.services.conftest import AddUser, FakeClock, RecordingBus, trail
from tests.services.pathway_ward import TODAY, TOMORROW, Ward, furnish_ward, ids, states, step


@pytest.fixture
async def ward(
    database: SqlDatabase,
    clock: FakeClock,
    fresh: SystemFresh,
    add_user: AddUser,
    hospital: Organisation,
) -> Ward:
    return await furnish_ward(database, clock, fresh, add_user, hospital)


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
