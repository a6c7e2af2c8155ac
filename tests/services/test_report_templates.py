"""Templates of reports: an organisation's radiologists keep them, the others use the built-in."""

from __future__ import annotations

import asyncio

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import Actor, Role
from server.domain.errors import Forbidden, Invalid, LimitExceeded, NotFound
from server.domain.organisations import Kind, Organisation
from server.domain.report_templates import TEMPLATES_LIMIT, Headings, TemplateMoved
from server.services.report_templates import ReportTemplates
from tests.services.conftest import AddUser, FakeClock, trail

WRIST = Headings(" CT  wrist ", "CT", "Bones:\r\nJoints:", "")


@pytest.fixture
def templates(database: SqlDatabase, clock: FakeClock, fresh: SystemFresh) -> ReportTemplates:
    return ReportTemplates(database, clock, fresh)


@pytest.fixture
async def rita(add_user: AddUser) -> Actor:
    return await add_user("Rita", Role.RADIOLOGIST)


async def test_built_in_ones_come_in_the_language_asked_for(
    templates: ReportTemplates, rita: Actor
) -> None:
    names = {
        locale: [one["name"] for one in await templates.all(rita, locale)]
        for locale in ("it", "fr", "en")
    }
    assert len({len(each) for each in names.values()}) == 1
    assert "TC cranio, trauma" in names["it"]
    assert "CT head, trauma" in names["en"]
    assert (await templates.all(rita, "xx"))[0]["name"] == names["en"][0]
    head = (await templates.all(rita, "en"))[0]
    assert (head["organisation"], head["version"]) == (None, 0)
    assert head["findings"].startswith("Technique:")


async def test_a_template_is_kept_revised_and_removed(
    templates: ReportTemplates, rita: Actor, hospital: Organisation, database: SqlDatabase
) -> None:
    made = await templates.create(rita, hospital.id, WRIST)
    assert (made["name"], made["findings"]) == ("CT wrist", "Bones:\nJoints:")
    assert (await templates.all(rita))[0] == made, "one's own come first"
    changes = [
        templates.revise(rita, made["id"], 1, Headings(name, "CT", "Bones:", ""))
        for name in ("One", "Two")
    ]
    answers = await asyncio.gather(*changes, return_exceptions=True)
    assert sum(isinstance(one, TemplateMoved) for one in answers) == 1
    kept = (await templates.all(rita))[0]
    assert kept["version"] == 2
    assert kept["name"] in ("One", "Two")
    await templates.remove(rita, made["id"])
    assert all(one["organisation"] is None for one in await templates.all(rita))
    told = [kind for kind, _ in await trail(database) if kind.startswith("report-template")]
    assert told == [f"report-template.{what}" for what in ("created", "revised", "removed")]


async def test_only_keepers_of_the_organisation_keep_them(
    templates: ReportTemplates,
    rita: Actor,
    hospital: Organisation,
    add_user: AddUser,
    database: SqlDatabase,
) -> None:
    nurse = await add_user("Nina", Role.NURSE)
    other = Organisation("elsewhere", "Elsewhere", Kind.HOSPITAL, is_demo=False)
    async with database.transaction() as uow:
        await uow.organisations.add(other)
    made = await templates.create(rita, hospital.id, WRIST)
    with pytest.raises(Forbidden):
        await templates.create(nurse, hospital.id, WRIST)
    with pytest.raises(Forbidden):
        await templates.create(rita, other.id, WRIST)
    with pytest.raises(Forbidden):
        await templates.remove(nurse, made["id"])
    for missing in ("ct-head-trauma", "\0"):
        with pytest.raises(NotFound):
            await templates.remove(rita, missing)
    assert made in await templates.all(nurse)


async def test_there_are_not_endlessly_many(
    templates: ReportTemplates, rita: Actor, hospital: Organisation
) -> None:
    for _ in range(TEMPLATES_LIMIT):
        await templates.create(rita, hospital.id, WRIST)
    with pytest.raises(LimitExceeded):
        await templates.create(rita, hospital.id, WRIST)


@pytest.mark.parametrize(
    "headings",
    [Headings(" ", "CT", "Bones:", ""), Headings("x", "CT", " ", ""), Headings("x", "", "\0", "")],
)
async def test_a_template_says_something(
    templates: ReportTemplates, rita: Actor, hospital: Organisation, headings: Headings
) -> None:
    with pytest.raises(Invalid):
        await templates.create(rita, hospital.id, headings)
