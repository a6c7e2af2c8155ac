"""Pathways on each database: who sees what, what waits, figures counted by the database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from server.adapters.bus import LocalBus
from server.adapters.clock import SystemClock
from server.adapters.database.unit_of_work import SqlDatabase, SqlUnitOfWork, create_engine
from server.domain.access import Role
from server.domain.accounts import OrganisationRole, Status, User
from server.domain.organisations import Kind, Organisation
from server.domain.pathway_templates import Mode, Performer, Step, Template
from server.domain.pathway_visits import LAPSING, OPEN, Visit, VisitState
from server.domain.pathways import Figure, Handover, Pathway, PathwayState
from server.domain.patients import Patient
from server.domain.rooms import Room, RoomKind
from server.domain.windows import ZONE, Offset, Unit
from server.services.ports.pathways import Counts, Scope
from tests.adapters.databases import KINDS, migrated_database

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
STEP = Step.of("Check", Offset(30, Unit.DAYS), (5, 5), Mode.VIDEO, Performer.HOSPITAL, "Oncology")
GP_STEP = Step.of("GP", Offset(60, Unit.DAYS), (5, 5), Mode.IN_PERSON, Performer.GP, None)
TEMPLATE = Template.create("t", "After surgery", ZONE, [STEP, GP_STEP], "ada", NOW)


@pytest.fixture(params=KINDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SqlDatabase]:
    async with migrated_database(request, tmp_path) as url:
        opened = SqlDatabase(create_engine(url), LocalBus(), SystemClock())
        async with opened.transaction() as uow:
            await furnish(uow)
        yield opened
        await opened.close()


async def furnish(uow: SqlUnitOfWork) -> None:
    """Two hospitals and a house, three people, a pathway at each hospital."""
    for name, kind in (("north", Kind.HOSPITAL), ("south", Kind.HOSPITAL), ("z", Kind.TERRITORY)):
        await uow.organisations.add(Organisation(name, name.title(), kind, is_demo=False))
    people = (
        ("ada", "north", Role.CASE_MANAGER),
        ("tina", "z", Role.CASE_MANAGER),
        ("gp", "z", Role.GP),
    )
    for name, place, role in people:
        assert await uow.accounts.add(person(name, place, role), "unusable")
    await uow.patients.add(Patient("p", "Rosa", date(1958, 2, 3), "ROSA58"))
    await uow.pathway_templates.add(TEMPLATE)
    for number, hospital in enumerate(("north", "south"), 1):
        room = Room.create(f"r{number}", "ada", NOW, title="Follow-up", kind=RoomKind.PATHWAY)
        await uow.rooms.add(room)
        made = pathway(number, hospital)
        await uow.pathways.add(made)
        visits = [
            Visit.plan(f"v{number}{place}", made.id, place, step, made.discharged_on)
            for place, step in enumerate(TEMPLATE.steps, 1)
        ]
        await uow.pathway_visits.add(visits)


def person(name: str, place: str, role: Role) -> User:
    return User(
        id=name,
        email=f"{name}@tests.example",
        name=name,
        profession="",
        locale="en",
        status=Status.ACTIVE,
        is_demo=False,
        has_totp=False,
        registered_at=NOW,
        organisation=place,
        roles=(OrganisationRole(place, role),),
    )


def pathway(number: int, hospital: str) -> Pathway:
    return Pathway(
        id=f"pathway-{number}",
        code=f"FU-CODE0{number}",
        title="After surgery",
        room=f"r{number}",
        template="t",
        patient="p",
        hospital=hospital,
        responsible=hospital,
        gp="gp" if number == 2 else None,
        zone=ZONE,
        discharged_on=date(2026, 9, 1),
        opened_by="ada",
        opened_at=NOW,
    )


ADA = Scope("ada", manages=frozenset({"north"}), books=frozenset())
TINA = Scope("tina", manages=frozenset({"z"}), books=frozenset())
GP = Scope("gp", frozenset(), frozenset())
CLERK = Scope("x", frozenset(), books=frozenset({"north", "south"}))


async def seen(database: SqlDatabase, scope: Scope, **filters: object) -> list[str]:
    async with database.reading() as uow:
        return [one.id for one in await uow.pathways.page(scope, **filters)]  # type: ignore[arg-type]


async def test_each_sees_the_own_pathways(database: SqlDatabase) -> None:
    assert await seen(database, ADA) == ["pathway-1"]
    assert await seen(database, GP) == ["pathway-2"]
    assert await seen(database, TINA) == []
    assert await seen(database, CLERK) == ["pathway-2", "pathway-1"]
    assert await seen(database, CLERK, text="code01") == ["pathway-1"]
    assert await seen(database, CLERK, text="_") == []
    assert await seen(database, CLERK, room="r2") == ["pathway-2"]
    assert await seen(database, CLERK, after="pathway-2") == ["pathway-1"]
    assert await seen(database, CLERK, state=PathwayState.CLOSED) == []


async def test_a_template_reads_back(database: SqlDatabase) -> None:
    async with database.transaction() as uow:
        assert await uow.pathway_templates.find("t") == TEMPLATE
        await uow.pathway_templates.update(TEMPLATE.retire(NOW))
        other = replace(TEMPLATE, id="u", name="Zebra")
        await uow.pathway_templates.add(other)
        assert [one.id for one in await uow.pathway_templates.all()] == ["u", "t"]


async def test_a_handover_shows_the_pathway_until_it_is_withdrawn(database: SqlDatabase) -> None:
    offer = Handover("h", "pathway-1", "north", "z", "Stable", "ada", NOW)
    async with database.transaction() as uow:
        await uow.pathways.add_handover(offer)
        assert await uow.pathways.pending_handovers({"z"}) == [offer]
        assert await uow.pathways.pending_handovers(frozenset()) == []
    assert await seen(database, TINA) == ["pathway-1"]
    async with database.transaction() as uow:
        assert await uow.pathways.answer_handover(offer.withdraw(NOW))
        assert not await uow.pathways.answer_handover(offer.acknowledge("tina", NOW))
        assert await uow.pathways.last_handover("pathway-1") is None
    assert await seen(database, TINA) == []


async def test_responsibility_and_closing_are_kept(database: SqlDatabase) -> None:
    async with database.transaction() as uow:
        locked = await uow.pathways.lock("pathway-1")
        assert locked == pathway(1, "north")
        await uow.pathways.update(replace(locked, responsible="z").close(NOW))
    assert await seen(database, TINA, state=PathwayState.CLOSED) == ["pathway-1"]
    async with database.reading() as uow:
        assert await uow.pathways.is_taken("FU-CODE01")
        assert await uow.pathways.staff(Role.CASE_MANAGER, {"north", "z"}) in (
            ["ada", "tina"],
            ["tina", "ada"],
        )
        assert await uow.pathway_visits.waiting(ADA, OPEN) == []


async def test_what_waits_is_filtered_by_the_database(database: SqlDatabase) -> None:
    async with database.transaction() as uow:
        visit = await uow.pathway_visits.find("v11")
        assert visit is not None
        booked = replace(visit, state=VisitState.BOOKED, appointment=NOW - timedelta(hours=1))
        await uow.pathway_visits.update(booked)
        assert await uow.pathway_visits.find("v11") == booked

        async def waiting(scope: Scope, *states: VisitState, **more: object) -> list[str]:
            found = await uow.pathway_visits.waiting(scope, frozenset(states), **more)  # type: ignore[arg-type]
            return [one.id for one in found]

        assert await waiting(ADA, VisitState.BOOKED, held_by=NOW) == ["v11"]
        assert await waiting(ADA, VisitState.BOOKED, held_by=NOW - timedelta(hours=2)) == []
        assert await waiting(ADA, *LAPSING) == ["v12"]
        assert await waiting(ADA, *LAPSING, opens_by=date(2026, 10, 1)) == []
        assert await waiting(GP, *OPEN, performer=Performer.GP, gp="gp") == ["v22"]
        assert await waiting(CLERK, *LAPSING, limit=1) == ["v21"]
        assert await uow.pathways.counts(["pathway-1"]) == {"pathway-1": Counts(2, 0, 0)}
        assert await uow.pathways.counts([]) == {}


async def test_figures_are_counted_by_month_and_hospital(database: SqlDatabase) -> None:
    async with database.transaction() as uow:
        for name, held_on in (("v11", date(2026, 10, 1)), ("v21", date(2026, 10, 20))):
            visit = await uow.pathway_visits.find(name)
            assert visit is not None
            await uow.pathway_visits.update(replace(visit, state=VisitState.DONE, held_on=held_on))
        first, last = date(2026, 10, 1), date(2026, 11, 30)
        figures = await uow.pathway_visits.figures(first, last, NOW.date())
        assert figures == [
            Figure("north", 2026, 10, due=1, on_time=1, late=0),
            Figure("south", 2026, 10, due=1, on_time=0, late=1),
            Figure("north", 2026, 11, due=1, on_time=0, late=0),
            Figure("south", 2026, 11, due=1, on_time=0, late=0),
        ]
        early = date(2026, 11, 5)  # the GP's windows are open until that day
        assert len(await uow.pathway_visits.figures(first, last, early)) == 2
