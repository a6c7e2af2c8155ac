"""Reports: one author writes, signs and addends; others see what is signed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import Actor, Role, RoomRole
from server.domain.errors import Forbidden, NotFound
from server.domain.patients import Identity
from server.domain.reports import (
    NotAuthor,
    Report,
    ReportFinal,
    ReportKind,
    ReportOutdated,
    ReportState,
    ReportUnsigned,
)
from server.domain.rooms import RoomKind
from server.services.case_rooms import open_room
from server.services.patients import identify
from server.services.ports.papers import Paper
from server.services.ports.unit_of_work import UnitOfWork
from server.services.reports import Reports, start_report, take_over
from tests.services.conftest import AddUser, FakeClock, RecordingBus, trail


class PapersKept:
    """Keeps what it was asked to print."""

    def __init__(self) -> None:
        self.papers: list[Paper] = []

    async def render(self, paper: Paper) -> bytes:
        self.papers.append(paper)
        return b"%PDF"


@dataclass
class Strict:
    """A service that forbids final reports until it is told otherwise."""

    forbids: bool = True
    signed_reports: list[str] = field(default_factory=list)

    async def gate(self, uow: UnitOfWork, report: Report, interim: bool) -> None:
        if self.forbids and not interim:
            raise Forbidden

    async def signed(self, uow: UnitOfWork, report: Report, now: datetime) -> None:
        self.signed_reports.append(report.id)


@dataclass
class Stage:
    """A guard case of two radiologists and the nurse who asked."""

    reports: Reports
    papers: PapersKept
    rita: Actor
    rocco: Actor
    nina: Actor
    stranger: Actor
    report: Report
    hook: Strict


@pytest.fixture
async def stage(
    database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, add_user: AddUser
) -> Stage:
    rita = await add_user("Rita", Role.RADIOLOGIST)
    rocco = await add_user("Rocco", Role.RADIOLOGIST)
    nina, stranger = await add_user("Nina", Role.NURSE), await add_user("Sten", Role.RADIOLOGIST)
    now = clock.now()
    async with database.transaction() as uow:
        by = await uow.accounts.find(rita.person)
        assert by is not None
        seats = [(one.person, one.name, RoomRole.HOST) for one in (rita, rocco, nina)]
        room = await open_room(uow, RoomKind.GUARD, "TC", by, seats, now, fresh)
        identity = Identity.of("Anna Bianchi", date(1960, 5, 1), "BNCNNA60", now.date())
        patient = await identify(uow, identity, fresh)
        facts = (room.id, "case-1", patient.id, "TC cranio")
        report = await start_report(uow, ReportKind.GUARD, *facts, by, now, fresh)
        again = await start_report(uow, ReportKind.GUARD, *facts, by, now, fresh)
        assert again == report
    papers, hook = PapersKept(), Strict(forbids=False)
    reports = Reports(database, clock, fresh, papers, {ReportKind.GUARD: hook})
    return Stage(reports, papers, rita, rocco, nina, stranger, report, hook)


async def test_a_draft_shows_its_words_to_nobody_else(stage: Stage) -> None:
    report = stage.report.id
    await stage.reports.write(stage.rita, report, 0, "Emorragia", "Urgente")
    assert (await stage.reports.get(stage.rita, report)).findings == "Emorragia"
    seen = await stage.reports.get(stage.nina, report)
    assert (seen.findings, seen.conclusion, seen.state) == ("", "", ReportState.DRAFT)
    with pytest.raises(NotFound):
        await stage.reports.get(stage.stranger, report)
    with pytest.raises(ReportUnsigned):
        await stage.reports.paper(stage.rita, report, "it")


async def test_others_read_the_signed_version_while_the_author_writes_on(stage: Stage) -> None:
    report = stage.report.id
    await stage.reports.write(stage.rita, report, 0, "Prima", "")
    await stage.reports.sign(stage.rita, report, 1, interim=True, attestation="PACS 7")
    await stage.reports.write(stage.rita, report, 1, "Seconda", "")
    (seen,) = await stage.reports.of_room(stage.nina, stage.report.room)
    assert (seen.findings, seen.state, seen.signed_version) == ("Prima", ReportState.INTERIM, 1)
    assert await stage.reports.paper(stage.nina, report, "fr") == b"%PDF"
    sections = dict(stage.papers.papers[-1].sections)
    assert sections == {"Constatations": "Prima"}


async def test_every_version_stays(stage: Stage, database: SqlDatabase) -> None:
    report = stage.report.id
    for version, text in enumerate(("one", "two")):
        await stage.reports.write(stage.rita, report, version, text, "")
    with pytest.raises(ReportOutdated):
        await stage.reports.write(stage.rita, report, 1, "late", "")
    async with database.reading() as uow:
        kept = await uow.reports.versions(report)
    assert [(one.version, one.findings) for one in kept] == [(1, "one"), (2, "two")]


async def test_only_the_author_writes_and_a_final_report_gets_addenda(
    stage: Stage, database: SqlDatabase
) -> None:
    report = stage.report.id
    for other in (stage.rocco, stage.nina):
        with pytest.raises(NotAuthor):
            await stage.reports.write(other, report, 0, "x", "")
    await stage.reports.write(stage.rita, report, 0, "Reperti", "Conclusioni")
    signed = await stage.reports.sign(stage.rita, report, 1, attestation="PACS 7")
    assert signed.state is ReportState.FINAL
    assert stage.hook.signed_reports == [report]
    with pytest.raises(ReportFinal):
        await stage.reports.write(stage.rita, report, 1, "Altro", "")
    added = await stage.reports.addend(stage.rocco, report, "Confermo.")
    assert [one.name for one in added.addenda] == ["Rocco"]
    with pytest.raises(Forbidden):
        await stage.reports.addend(stage.nina, report, "Anche io.")
    actions = [action for action, subject in await trail(database) if subject == report]
    assert actions == ["report.started", "report.written", "report.signed", "report.addended"]


async def test_a_service_may_forbid_signing(stage: Stage) -> None:
    report = stage.report.id
    stage.hook.forbids = True
    await stage.reports.write(stage.rita, report, 0, "Reperti", "")
    with pytest.raises(Forbidden):
        await stage.reports.sign(stage.rita, report, 1, attestation="PACS 7")
    assert (await stage.reports.get(stage.rita, report)).signatures == ()
    await stage.reports.sign(stage.rita, report, 1, interim=True, attestation="PACS 7")


async def test_a_critical_finding_waits_until_it_is_read_back(
    stage: Stage, database: SqlDatabase, clock: FakeClock, bus: RecordingBus
) -> None:
    report = stage.report.id
    noted = await stage.reports.add_critical(stage.rita, report, "Pneumotorace")
    async with database.reading() as uow:
        assert [one.id for one in await uow.reports.unheard(stage.rita.person)] == [report]
    clock.advance(minutes=3)
    told_at = clock.now() - timedelta(minutes=1)
    critical = noted.criticals[0].id
    heard = await stage.reports.read_back(stage.rita, report, critical, "Dr. Rossi", told_at)
    assert (heard.unheard, heard.criticals[0].receiver) == (0, "Dr. Rossi")
    async with database.reading() as uow:
        assert await uow.reports.unheard(stage.rita.person) == []
    told = {notice.data["topic"] for notice in bus.named("changed")}
    assert told == {"reports", "tasks"}


async def test_a_colleague_takes_over(
    stage: Stage, database: SqlDatabase, clock: FakeClock, fresh: SystemFresh
) -> None:
    async with database.transaction() as uow:
        nina = await uow.accounts.find(stage.nina.person)
        rocco = await uow.accounts.find(stage.rocco.person)
        assert nina is not None
        assert rocco is not None
        with pytest.raises(Forbidden):
            await take_over(uow, stage.report, nina, clock.now(), fresh)
        taken = await take_over(uow, stage.report, rocco, clock.now(), fresh)
        assert await take_over(uow, taken, rocco, clock.now(), fresh) == taken
    await stage.reports.write(stage.rocco, stage.report.id, 0, "Mio", "")
    with pytest.raises(NotAuthor):
        await stage.reports.write(stage.rita, stage.report.id, 1, "Ancora mio", "")
