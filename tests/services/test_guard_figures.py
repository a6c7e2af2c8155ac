"""Figures of a guard night as it was walked: who waited how long, who carried it."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import Actor, Role
from server.domain.errors import Forbidden, Invalid, NotFound
from server.domain.guard import Priority
from server.domain.guard_figures import By
from server.domain.guard_justification import Verdict
from server.domain.guard_results import Target, Targets
from server.domain.guard_services import Step
from server.domain.organisations import Organisation
from server.domain.rota import Layer, Rotation
from server.domain.timeline import EventType, Sender
from server.services.guard_figures import Answers, Asked
from server.services.rotas import RotaChange, Rotas
from server.services.timeline import append
from tests.services.conftest import AddUser, FakeClock
from tests.services.guard_cast import PATIENT, Ward


@pytest.fixture
def ward(database: SqlDatabase, clock: FakeClock, fresh: SystemFresh) -> Ward:
    return Ward(database, clock, fresh)


def times(found: Answers, by: By, key: str, measure: str) -> dict[str, Any]:
    [group] = [one for one in found.of(by) if one["key"] == key]
    return next(one for one in group["times"] if one["measure"] == measure)


async def sign(ward: Ward, person: Actor, request: dict[str, Any]) -> None:
    """As the report's signature lets the guard know."""
    async with ward.database.transaction() as uow:
        report = await uow.reports.find(request["report"])
        assert report is not None
        now = ward.clock.now()
        written = report.write(report.version, "None.", "Normal.", now)
        signed = written.sign(
            written.version, person.person, person.name, "", now, interim=False, attestation="PACS"
        )
        await ward.guard.reports.signed(uow, signed, now)


async def call(ward: Ward, person: Actor, request: dict[str, Any]) -> None:
    """Enter the room's call."""
    async with ward.database.transaction() as uow:
        now, sender = ward.clock.now(), Sender(person.person, person.name)
        data = {"peer": "peer", "person": person.person}
        await append(uow, request["room"], EventType.CALL_JOINED, sender, data, now, ward.fresh)
        await ward.guard.acceptance.joined(uow, request["room"], person.person, now)


async def test_a_night_of_guard_in_figures(
    ward: Ward,
    hospital: Organisation,
    clock: FakeClock,
    add_user: AddUser,
) -> None:
    nurse = await add_user("Nina", Role.NURSE)
    rita = await add_user("Rita", Role.RADIOLOGIST)
    rocco = await add_user("=Rocco", Role.RADIOLOGIST)
    admin = await add_user("Ada", Role.ADMINISTRATOR)
    await ward.furnish(hospital.id, (rita, 600), (rocco, 600))
    clock.advance(hours=13)  # 22:00 in Rome
    for person in (rita, rocco):
        await ward.guard.consoles.ready(person, "desk", sound=True)

    called = await ward.ask(nurse, wants_call=True)
    clock.advance(seconds=2)
    await ward.guard.consoles.delivered(rita, "desk", called["id"])
    clock.advance(seconds=3)
    await ward.guard.consoles.seen(rita, "desk", called["id"])
    clock.advance(seconds=25)
    accepted = await ward.guard.acceptance.accept(rita, called["id"])
    clock.advance(seconds=40)
    await call(ward, nurse, accepted)
    await call(ward, rita, accepted)
    clock.advance(seconds=600)
    await sign(ward, rita, accepted)

    released = await ward.ask(nurse, wants_call=True, priority=Priority.URGENT)
    clock.advance(seconds=100)
    await ward.guard.acceptance.accept(rita, released["id"])
    await ward.guard.acceptance.release(rita, released["id"], "Another emergency.")
    clock.advance(seconds=100)
    await ward.guard.acceptance.accept(rocco, released["id"])
    clock.advance(seconds=200)
    await ward.guard.acceptance.open(rocco, released["id"], by_phone=True)

    moot = await ward.ask(nurse)
    await ward.guard.requests.cancel(nurse, moot["id"], "Moot.")
    clock.advance(hours=12)

    figures = ward.guard.figures
    found = await figures.read(admin, Asked())
    whole = found.of(By.ALL)[0]
    assert whole["requests"] == 3
    assert times(found, By.ALL, "", "deliver")["p50_s"] == 2.0
    assert times(found, By.ALL, "", "see")["p90_s"] == 5.0
    accept = times(found, By.ALL, "", "accept")
    assert (accept["p50_s"], accept["p90_s"]) == (30.0, 100.0)
    assert (accept["within"], accept["of"]) == (2, 2), "the cancelled one owes nothing"
    join = times(found, By.ALL, "", "join")
    assert (join["p50_s"], join["p90_s"]) == (40.0, 200.0), "in the room, and by telephone"
    assert (join["within"], join["of"]) == (1, 2)
    report = times(found, By.ALL, "", "report")
    assert (report["p50_s"], report["count"]) == (640.0, 1)
    assert (report["within"], report["of"]) == (1, 2), "one is late without a report"
    assert [one["name"] for one in found.of(By.SITE)] == [hospital.name]
    assert [one["name"] for one in found.of(By.SERVICE)] == ["CT"]
    assert [one["key"] for one in found.of(By.HOUR) if one["requests"]] == ["22"]
    assert times(found, By.PRIORITY, "urgent", "accept")["p50_s"] == 100.0
    people = {one["name"]: one for one in found.people}
    assert (people["Rita"]["accepted"], people["Rita"]["reported"]) == (1, 1)
    assert (people["=Rocco"]["at_night"], people["=Rocco"]["night_share"]) == (1, 1.0)
    assert people["Rita"]["hours"] > 24 * 29
    own = await figures.read(rita, Asked(service=ward.service))
    assert [one["person"] for one in own.people] == [rita.person], "colleagues' load is not theirs"
    assert own.of(By.ALL)[0]["requests"] == 3

    rows = list(csv.DictReader(io.StringIO(await figures.times_csv(admin, Asked()))))
    assert len(rows) == 5 * (1 + 1 + 1 + 24 + 3)
    assert rows[2] == {
        "by": "all",
        "key": "",
        "name": "",
        "requests": "3",
        "measure": "accept",
        "count": "2",
        "p50_s": "30",
        "p90_s": "100",
        "within": "2",
        "of": "2",
        "share": "1",
    }
    load = await figures.load_csv(admin, Asked())
    assert "'=Rocco,1,1,1,0," in load
    for text in (load, await figures.times_csv(admin, Asked())):
        assert PATIENT.name not in text
        assert PATIENT.identifier not in text

    before = await figures.read(admin, Asked(date(2026, 11, 1), date(2026, 11, 21)))
    assert before.of(By.ALL)[0]["requests"] == 0
    for person, asked, refusal in (
        (nurse, Asked(), Forbidden),
        (admin, Asked(service="nowhere"), NotFound),
        (admin, Asked(date(2024, 1, 1), date(2026, 1, 1)), Invalid),
    ):
        with pytest.raises(refusal):
            await figures.read(person, asked)


async def test_no_later_edit_rewrites_what_was(
    ward: Ward, hospital: Organisation, clock: FakeClock, add_user: AddUser
) -> None:
    """Who was on guard, and what a request was promised, stay as they were."""
    nurse = await add_user("Nina", Role.NURSE)
    rita, rocco = [await add_user(name, Role.RADIOLOGIST) for name in ("Rita", "Rocco")]
    admin = await add_user("Ada", Role.ADMINISTRATOR)
    rotas, services = Rotas(ward.database, clock, ward.fresh), ward.guard.services
    november = Asked(date(2026, 11, 1), date(2026, 11, 30))

    async def hours() -> dict[str, float]:
        found = await ward.guard.figures.read(admin, november)
        return {one["name"]: one["hours"] for one in found.people}

    await ward.furnish(hospital.id, (rita, 600))
    asked = await ward.ask(nurse)
    clock.advance(seconds=100)
    await ward.guard.acceptance.accept(rita, asked["id"])
    clock.advance(seconds=-100, hours=30)
    before = await ward.guard.figures.read(admin, november)
    (sheet,) = await rotas.all(rita)
    rota, now = sheet.rota, clock.now()
    his = Layer(Rotation(date(2026, 1, 5), 8, 1, (rocco.person,)))
    await rotas.change(rita, rota.id, rota.version, {"layers": (his,)})
    await rotas.stand_in(rita, rota.id, now - timedelta(days=9), now, rocco.person)
    stricter = replace(Targets(), emergency=Target(60, 10))
    await services.change(admin, ward.service, {"targets": stricter, "report_minutes": 5})
    after = await ward.guard.figures.read(admin, november)
    assert (after.people, after.groups) == (before.people, before.groups)

    clock.advance(hours=10)
    then = await hours()
    assert then == {"Rita": before.people[0]["hours"], "Rocco": 10}, "his from the edit on"
    hers = replace(his, rotation=replace(his.rotation, members=(rita.person,)))
    values: RotaChange = {"name": "Other", "role": Role.RADIOLOGIST, "zone": "UTC"}
    other = await rotas.create(rita, hospital.id, {**values, "phone": "1", "layers": (hers,)})
    await services.change(admin, ward.service, {"steps": (Step(other.rota.id, 60),)})
    assert await hours() == then
    clock.advance(hours=1)
    assert await hours() == {"Rita": then["Rita"] + 1, "Rocco": 10}, "another rota from then on"


async def test_a_retired_service_keeps_its_hours_and_gathers_no_more(
    ward: Ward, hospital: Organisation, clock: FakeClock, add_user: AddUser
) -> None:
    rita = await add_user("Rita", Role.RADIOLOGIST)
    admin = await add_user("Ada", Role.ADMINISTRATOR)
    await ward.furnish(hospital.id, (rita, 600))
    clock.advance(hours=30)
    [before] = (await ward.guard.figures.read(admin, Asked())).people
    await ward.guard.services.retire(admin, ward.service)
    clock.advance(hours=30)
    found = await ward.guard.figures.read(admin, Asked(date(2026, 1, 1), date(2026, 12, 31)))
    year = {one["person"]: one["hours"] for one in found.people}
    clock.advance(hours=30)
    later = await ward.guard.figures.read(admin, Asked(date(2026, 1, 1), date(2026, 12, 31)))
    assert {one["person"]: one["hours"] for one in later.people} == year
    assert year[rita.person] >= before["hours"] > 0


async def test_the_time_of_a_report_begins_with_the_exam_that_waited(
    ward: Ward, hospital: Organisation, clock: FakeClock, add_user: AddUser
) -> None:
    nurse = await add_user("Nina", Role.NURSE)
    rita = await add_user("Rita", Role.RADIOLOGIST)
    admin = await add_user("Ada", Role.ADMINISTRATOR)
    await ward.furnish(hospital.id, (rita, 600))
    asked = await ward.ask(nurse, justify_first=True)
    accepted = await ward.guard.acceptance.accept(rita, asked["id"])

    async def report() -> tuple[float | None, int, int]:
        found = times(await ward.guard.figures.read(admin, Asked()), By.ALL, "", "report")
        return found["p50_s"], found["within"], found["of"]

    clock.advance(hours=2)
    assert await report() == (None, 0, 1), "nobody answered: late"
    await ward.guard.acceptance.justify(rita, asked["id"], Verdict.JUSTIFIED, "")
    assert await report() == (None, 0, 0), "nothing to read yet"
    clock.advance(hours=2)
    await ward.guard.acceptance.exam_done(nurse, asked["id"])
    clock.advance(minutes=20)
    await sign(ward, rita, accepted)
    assert await report() == (1200.0, 1, 1)
