"""What follow-up shows of all pathways: lists, figures, the trail, the demo."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.errors import Forbidden, Invalid
from server.domain.organisations import Organisation
from server.domain.pathway_visits import Visit
from server.services.demo import Cast as DemoCast
from server.services.pathway_demo import BREAST, furnish
from server.services.pathway_figures import as_table
from tests.services.conftest import AddUser, FakeClock
from tests.services.pathway_ward import TODAY, Ward, furnish_ward, ids


@pytest.fixture
async def ward(
    database: SqlDatabase,
    clock: FakeClock,
    fresh: SystemFresh,
    add_user: AddUser,
    hospital: Organisation,
) -> Ward:
    return await furnish_ward(database, clock, fresh, add_user, hospital)


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
    assert as_table(rows).splitlines() == [
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
    assert "'=SUM(A1)" in as_table([named])


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
