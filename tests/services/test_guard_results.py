"""Results that nobody heard of: reminded, told to the next person, visible to both (hazard 14)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from server.adapters.database.unit_of_work import SqlDatabase, create_engine
from server.adapters.fresh import SystemFresh
from server.domain.access import Actor, Role, RoomRole
from server.domain.errors import Forbidden
from server.domain.organisations import Organisation
from server.domain.reports import ReportKind
from server.domain.rota import Layer, Rota, Rotation
from server.services.case_rooms import seat
from server.services.reports import Reports
from tests.services.conftest import AddUser, FakeClock, RecordingBus, trail
from tests.services.guard_cast import PHONE, Ward
from tests.services.test_reports import PapersKept

MINUTE = 60
HEAR_MINUTES = 10
"""The usual target of an emergency."""


@pytest.fixture
def ward(database: SqlDatabase, clock: FakeClock, fresh: SystemFresh) -> Ward:
    return Ward(database, clock, fresh)


@pytest.fixture
def reports(database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, ward: Ward) -> Reports:
    hooks = {ReportKind.GUARD: ward.guard.reports}
    return Reports(database, clock, fresh, PapersKept(), hooks)


@pytest.fixture
async def nurse(add_user: AddUser) -> Actor:
    return await add_user("Nina", Role.NURSE)


@pytest.fixture
async def reader(add_user: AddUser) -> Actor:
    return await add_user("Rita", Role.RADIOLOGIST)


async def on_ward_duty(
    database: SqlDatabase, fresh: SystemFresh, organisation: Organisation, person: Actor
) -> None:
    """Somebody holds the ward's role, for ever."""
    rotation = Rotation(date(2026, 1, 5), 8, 7, (person.person,))
    rota = Rota(
        fresh.id(), organisation.id, "Ward", Role.NURSE, "Europe/Rome", PHONE, (Layer(rotation),)
    )
    async with database.transaction() as uow:
        assert await uow.rotas.add(rota)


async def accepted(ward: Ward, hospital: Organisation, nurse: Actor, reader: Actor) -> Any:
    await ward.furnish(hospital.id, (reader, 3600))
    await ward.guard.consoles.ready(reader, "desk", sound=True)
    made = await ward.ask(nurse)
    return await ward.guard.acceptance.accept(reader, made["id"])


async def signed(reports: Reports, reader: Actor, request: Any, *, interim: bool = False) -> None:
    report = await reports.get(reader, request["report"])
    written = await reports.write(reader, report.id, report.version, "Seen.", "Bleeding.")
    await reports.sign(
        reader, report.id, written.version, interim=interim, attestation="EIZO RX360"
    )


def unheard(request: dict[str, Any]) -> list[tuple[str, int, str | None]]:
    """Each reminder in the log: why, which, and who was told."""
    return [
        (entry["data"]["why"], entry["data"]["round"], entry["data"]["name"])
        for entry in request["log"]
        if entry["type"] == "guard.unheard"
    ]


async def test_hazard_14_an_unread_final_report_reminds_then_tells_who_is_on_the_ward(
    ward: Ward,
    reports: Reports,
    hospital: Organisation,
    nurse: Actor,
    reader: Actor,
    add_user: AddUser,
    bus: RecordingBus,
    database: SqlDatabase,
    fresh: SystemFresh,
) -> None:
    relief = await add_user("Remo", Role.NURSE)
    await on_ward_duty(database, fresh, hospital, relief)
    request = await accepted(ward, hospital, nurse, reader)
    await signed(reports, reader, request)
    assert (await ward.look(nurse, request["id"]))["unheard"] == "report"
    with pytest.raises(Forbidden):  # not before being told
        await add_and_acknowledge(ward, database, relief, request)
    await ward.pass_time(HEAR_MINUTES * MINUTE)
    assert unheard(await ward.look(reader, request["id"])) == [("report", 1, None)]
    bus.notices.clear()
    await ward.pass_time(HEAR_MINUTES * MINUTE)
    seen = await ward.look(reader, request["id"])
    assert unheard(seen) == [("report", 1, None), ("report", 2, "Remo")]
    assert seen["hear_to"] == {"id": relief.person, "name": "Remo"}
    assert relief.person in {one.person for one in bus.named("guard.update")}
    closed = await ward.guard.requests.acknowledge(relief, request["id"])
    assert (closed["state"], closed["unheard"]) == ("closed", None)
    await ward.pass_time(3 * HEAR_MINUTES * MINUTE)
    assert len(unheard(await ward.look(nurse, request["id"]))) == 2, "nothing after being heard"


async def add_and_acknowledge(
    ward: Ward, database: SqlDatabase, person: Actor, request: dict[str, Any]
) -> None:
    """Somebody in the room who neither asked nor was told says to have read it."""

    async with database.transaction() as uow:
        now = ward.clock.now()
        room, role = request["room"], RoomRole.MEMBER
        await seat(uow, room, person.person, "Remo", role, None, now, ward.fresh)
    await ward.guard.requests.acknowledge(person, request["id"])


async def test_hazard_14_a_finding_nobody_read_back_escalates_until_it_is(
    ward: Ward,
    reports: Reports,
    hospital: Organisation,
    nurse: Actor,
    reader: Actor,
    clock: FakeClock,
    database: SqlDatabase,
) -> None:
    request = await accepted(ward, hospital, nurse, reader)
    report = await reports.add_critical(reader, request["report"], "Subdural haematoma.")
    await signed(reports, reader, request, interim=True)
    assert (await ward.look(nurse, request["id"]))["unheard"] == "critical"
    await ward.pass_time(2 * HEAR_MINUTES * MINUTE)
    found = await ward.look(nurse, request["id"])
    assert unheard(found) == [("critical", 1, None), ("critical", 2, None)]
    assert found["phone"] == PHONE
    assert ("guard.unheard_no_cover", request["id"]) in await trail(database)
    critical = report.criticals[0].id
    await reports.read_back(reader, report.id, critical, "Sister Nina", clock.now())
    assert (await ward.look(reader, request["id"]))["unheard"] is None
    await ward.pass_time(2 * HEAR_MINUTES * MINUTE)
    assert len(unheard(await ward.look(nurse, request["id"]))) == 2


async def test_hazard_14_a_reminder_survives_a_restart(
    ward: Ward,
    reports: Reports,
    hospital: Organisation,
    nurse: Actor,
    reader: Actor,
    tmp_path: Path,
) -> None:
    request = await accepted(ward, hospital, nurse, reader)
    await signed(reports, reader, request)
    await ward.database.close()
    engine = create_engine(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    database = SqlDatabase(engine, RecordingBus(), ward.clock)
    again = Ward(database, ward.clock, ward.fresh)
    await again.pass_time(HEAR_MINUTES * MINUTE)
    assert unheard(await again.look(nurse, request["id"])) == [("report", 1, None)]
    await database.close()


async def test_a_cancelled_request_reminds_nobody(
    ward: Ward, reports: Reports, hospital: Organisation, nurse: Actor, reader: Actor
) -> None:
    request = await accepted(ward, hospital, nurse, reader)
    await reports.add_critical(reader, request["report"], "Subdural haematoma.")
    await ward.guard.requests.cancel(nurse, request["id"], "Moved to the city.")
    await ward.pass_time(2 * HEAR_MINUTES * MINUTE)
    assert unheard(await ward.look(nurse, request["id"])) == []
