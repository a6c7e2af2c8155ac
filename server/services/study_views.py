"""Looking at studies: lists of what is mine to do, one study, its result, its paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from server.domain.access import Actor, Role
from server.domain.accounts import User
from server.domain.errors import NotFound
from server.domain.pacs import Pull
from server.domain.patients import Patient
from server.domain.reports import Report, ReportKind, ReportState
from server.domain.studies import READERS, REQUESTERS, Images, Study, StudyState
from server.domain.tasks import Task, Urgency
from server.services.ports.accounts import Colleague
from server.services.ports.clock import Clock
from server.services.ports.papers import Papers
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import account_of, holds, qualified
from server.services.report_papers import paper_of
from server.services.reports import as_signed
from server.services.studies import Studies, identity_of, images_of
from server.services.study_access import Standing, reach

LIST_LIMIT = 200


class View(StrEnum):
    """Which list."""

    TO_REPORT = "to_report"
    SITE = "site"
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Line:
    """A study in a list."""

    study: Study
    patient: Patient


@dataclass(frozen=True, slots=True)
class Seen:
    """A study as one person sees it; the report's words only as signed."""

    study: Study
    patient: Patient
    standing: Standing
    images: Images
    gp: User | None
    report: Report | None
    pulls: Sequence[Pull] = ()


class StudyViews:
    """Use cases of looking."""

    def __init__(self, database: Database, clock: Clock, papers: Papers, studies: Studies) -> None:
        self._database = database
        self._clock = clock
        self._papers = papers
        self._studies = studies

    async def list(self, actor: Actor, view: View) -> Sequence[Line]:
        """What is mine to read, what my hospital asked, what is shared with me as GP."""
        async with self._database.reading() as uow:
            user = await account_of(uow, actor)
            if view is View.TO_REPORT:
                found = await uow.studies.assigned_to(user.id, LIST_LIMIT)
            elif view is View.SITE:
                found = await uow.studies.of_organisations(_workplaces(user), LIST_LIMIT)
            else:
                found = await uow.studies.of_gp(user.id, LIST_LIMIT)
            return await _lines(uow, found)

    async def find(
        self, actor: Actor, name: str, birth_date: str, identifier: str
    ) -> Sequence[Line]:
        """Results of a patient who consented, by both identifiers. Raises Forbidden, Invalid."""
        now = self._clock.now()
        identity = identity_of(name or "?", birth_date, identifier, now)
        async with self._database.transaction() as uow:
            user = await qualified(uow, actor, *READERS)
            patient = await uow.patients.by_identifier(identity.identifier)
            is_right = patient is not None and patient.birth_date == identity.birth_date
            found: Sequence[Study] = ()
            if patient is not None and is_right:
                found = await uow.studies.shared_of_patient(patient.id, LIST_LIMIT)
            subject = patient.id if patient is not None and is_right else "unknown"
            facts = {"found": len(found)}
            await uow.audit.record(now, user.id, "study.searched", subject, facts)
            return await _lines(uow, found)

    async def get(self, actor: Actor, study_id: str) -> Seen:
        """One study; looking is recorded. Raises NotFound."""
        async with self._database.reading() as uow:
            study, _, _ = await reach(uow, actor, study_id)
            patient = await uow.patients.find(study.patient)
        if patient is None:
            raise NotFound
        await self._studies.check(study, patient)
        now = self._clock.now()
        async with self._database.transaction() as uow:
            study, user, standing = await reach(uow, actor, study_id)
            facts = {"standing": standing.value, "state": study.state.value}
            await uow.audit.record(now, user.id, "study.read", study.id, facts)
            if study.state is StudyState.REPORTED:
                await uow.studies.read(study.id, user.id, now)
            return await self._seen(uow, study, patient, standing)

    async def of_room(self, actor: Actor, room_id: str) -> Seen:
        """The study that owns a room. Raises NotFound."""
        async with self._database.reading() as uow:
            await account_of(uow, actor)
            study = await uow.studies.of_room(room_id)
        if study is None:
            raise NotFound
        return await self.get(actor, study.id)

    async def paper(self, actor: Actor, study_id: str, locale: str) -> bytes:
        """The signed report as PDF, for whoever may see the result. Raises ReportUnsigned."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            study, user, _ = await reach(uow, actor, study_id)
            report = await uow.reports.of_subject(ReportKind.TELEREPORT, study.id)
            if report is None:
                raise NotFound
            paper = await paper_of(uow, await as_signed(uow, report), locale)
            await uow.audit.record(now, user.id, "study.printed", study.id, {})
        return await self._papers.render(paper)

    async def radiologists(self, actor: Actor) -> Sequence[Colleague]:
        """Whom a study may go to. Raises Forbidden."""
        return await self._colleagues(actor, Role.RADIOLOGIST)

    async def gps(self, actor: Actor) -> Sequence[Colleague]:
        """Whom a result may go to. Raises Forbidden."""
        return await self._colleagues(actor, Role.GP)

    async def _colleagues(self, actor: Actor, role: Role) -> Sequence[Colleague]:
        async with self._database.reading() as uow:
            await qualified(uow, actor, *REQUESTERS)
            return await uow.studies.with_role(role)

    async def _seen(
        self, uow: UnitOfWork, study: Study, patient: Patient, standing: Standing
    ) -> Seen:
        report = await uow.reports.of_subject(ReportKind.TELEREPORT, study.id)
        if report is not None:
            report = await as_signed(uow, report)
        return Seen(
            study=study,
            patient=patient,
            standing=standing,
            images=await images_of(uow, study),
            gp=await uow.accounts.find(study.gp) if study.gp else None,
            report=report,
            pulls=() if standing is Standing.READER else await uow.pacs.pulls(study.id),
        )


async def tasks(uow: UnitOfWork, user: User, now: datetime) -> Sequence[Task]:
    """What to read as radiologist, what to tell, and results nobody here has read yet."""
    found = []
    if holds(user, Role.RADIOLOGIST):
        assigned = await uow.studies.assigned_to(user.id, LIST_LIMIT)
        waiting = [one for one in assigned if one.state is StudyState.ASSIGNED]
        found += [
            _task("report", one, Urgency.NOW if one.urgent else Urgency.TODAY) for one in waiting
        ]
        for report in await uow.reports.unheard(user.id):
            if report.kind is ReportKind.TELEREPORT and report.state is not ReportState.DRAFT:
                place = f"/studies/{report.subject}"
                found.append(Task("studies.tell", report.id, report.title, Urgency.NOW, place))
    unread = await uow.studies.unread_by(user.id, LIST_LIMIT)
    found += [_task("read", one, Urgency.NOW if one.urgent else Urgency.TODAY) for one in unread]
    return found


def _task(verb: str, study: Study, urgency: Urgency) -> Task:
    return Task(f"studies.{verb}", study.id, study.title, urgency, f"/studies/{study.id}")


async def _lines(uow: UnitOfWork, studies: Sequence[Study]) -> list[Line]:
    patients = await uow.patients.named({one.patient for one in studies})
    return [Line(one, patients[one.patient]) for one in studies]


def _workplaces(user: User) -> set[str]:
    return {held.organisation for held in user.roles if held.role in REQUESTERS}
