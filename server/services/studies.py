"""Tele-reporting: images of one hospital, asked of a radiologist of the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from server.domain.access import Actor, Role, RoomRole
from server.domain.accounts import Status, User
from server.domain.documents import DocumentType
from server.domain.errors import Invalid, NotFound
from server.domain.patients import Identity, Patient
from server.domain.reports import Report, ReportKind
from server.domain.rooms import RoomKind
from server.domain.studies import (
    REQUESTERS,
    Image,
    Images,
    Study,
    Verdict,
    exam_of,
    question_of,
)
from server.domain.texts import is_storable
from server.domain.timeline import EventType, Sender
from server.services.case_rooms import open_room, seat, unseat
from server.services.changes import tell_changed
from server.services.patients import identify
from server.services.ports.clock import Clock, Fresh
from server.services.ports.documents import BlobStore
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import holds, qualified
from server.services.reports import start_report, take_over
from server.services.study_access import at_site
from server.services.timeline import append


@dataclass(frozen=True, slots=True)
class NewStudy:
    """What is asked; `organisation` is the hospital that made the images."""

    title: str
    question: str
    urgent: bool
    name: str
    birth_date: str
    identifier: str
    organisation: str | None = None
    gp: str | None = None
    consent: bool = False


class Studies:
    """Use cases of asking."""

    def __init__(self, database: Database, clock: Clock, fresh: Fresh, blobs: BlobStore) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._blobs = blobs

    async def create(self, actor: Actor, new: NewStudy) -> Study:
        """Ask for a reading at one's hospital. Raises Forbidden, Invalid, PatientMismatch."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            by = await qualified(uow, actor, *REQUESTERS)
            organisation = _hospital_of(by, new.organisation)
            identity = identity_of(new.name, new.birth_date, new.identifier, now)
            patient = await identify(uow, identity, self._fresh)
            title = exam_of(new.title)
            room = await open_room(
                uow,
                RoomKind.STUDY,
                f"{title} · {initials(patient)}",
                by,
                [(by.id, by.name, RoomRole.HOST)],
                now,
                self._fresh,
            )
            study = Study(
                id=self._fresh.id(),
                room=room.id,
                organisation=organisation,
                patient=patient.id,
                title=title,
                question=question_of(new.question),
                urgent=new.urgent,
                requester=by.id,
                requester_name=by.name,
                created_at=now,
                changed_at=now,
                gp=await _gp(uow, new.gp),
            )
            if new.consent:
                study = study.decide(True, by.id, now)
            await uow.studies.add(study)
            await self._tell(uow, study, EventType.STUDY_CREATED, by, now)
            return study

    async def check(self, study: Study, patient: Patient) -> None:
        """Look at the patient of each image that nobody looked at yet (hazard 8)."""
        async with self._database.reading() as uow:
            images = await images_of(uow, study)
        found = []
        for document in images.unchecked:
            tags = await self._blobs.tags(document)
            verdict = Verdict.UNNAMED if tags is None else tags.verdict(patient)
            uids = (
                ("", "", "")
                if tags is None
                else (
                    tags.study_uid,
                    tags.series_uid,
                    tags.instance_uid,
                )
            )
            found.append(Image(document, study.id, verdict, *uids))
        if not found:
            return
        now = self._clock.now()
        async with self._database.transaction() as uow:
            await uow.studies.add_images(found)
            wrong = sum(image.verdict is not Verdict.MATCH for image in found)
            facts = {"images": len(found), "mismatched": wrong}
            await uow.audit.record(now, "system", "study.checked", study.id, facts)

    async def assign(self, actor: Actor, study_id: str, radiologist: str) -> Study:
        """Ask a radiologist. Raises ImagesMismatch, StudyEmpty, StudyReported, Invalid."""
        async with self._database.reading() as uow:
            seen = await uow.studies.find(study_id) if is_storable(study_id) else None
            patient = None if seen is None else await uow.patients.find(seen.patient)
        if seen is not None and patient is not None:
            await self.check(seen, patient)
        now = self._clock.now()
        async with self._database.transaction() as uow:
            study, by = await at_site(uow, actor, study_id)
            (await images_of(uow, study)).require_sound()
            reader = await _radiologist(uow, radiologist)
            assigned = study.assign(reader.id, reader.name, now)
            await self._seat(uow, study, reader, by, now)
            report = await start_report(
                uow,
                ReportKind.TELEREPORT,
                study.room,
                study.id,
                study.patient,
                study.title,
                reader,
                now,
                self._fresh,
            )
            await take_over(uow, report, reader, now, self._fresh)
            await uow.studies.update(assigned)
            await self._tell(uow, assigned, EventType.STUDY_ASSIGNED, by, now)
            return assigned

    async def consent(self, actor: Actor, study_id: str, given: bool) -> Study:
        """Record that the patient lets other hospitals see the result, or no longer does."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            study, by = await at_site(uow, actor, study_id)
            decided = study.decide(given, by.id, now)
            await uow.studies.update(decided)
            kind = EventType.STUDY_CONSENTED if given else EventType.STUDY_UNCONSENTED
            await self._tell(uow, decided, kind, by, now)
            return decided

    async def gate(self, uow: UnitOfWork, report: Report, interim: bool) -> None:
        """No signature while an image of somebody else is in the study."""
        study = await uow.studies.find(report.subject)
        if study is None:
            raise NotFound
        (await images_of(uow, study)).require_sound()

    async def signed(self, uow: UnitOfWork, report: Report, now: datetime) -> None:
        """A final signature ends the asking."""
        study = await uow.studies.find(report.subject, locked=True)
        if study is None or report.signatures[-1].interim:
            return
        reported = study.report(now)
        await uow.studies.update(reported)
        by = await uow.accounts.find(report.author)
        if by is not None:
            await self._tell(uow, reported, EventType.STUDY_REPORTED, by, now)

    async def _seat(
        self, uow: UnitOfWork, study: Study, reader: User, by: User, now: datetime
    ) -> None:
        sender = Sender(by.id, by.name)
        former = study.assignee
        if former not in (None, reader.id, study.requester):
            await unseat(uow, study.room, former, sender, now, self._fresh)
        await seat(
            uow, study.room, reader.id, reader.name, RoomRole.MEMBER, sender, now, self._fresh
        )

    async def _tell(
        self, uow: UnitOfWork, study: Study, kind: EventType, by: User, now: datetime
    ) -> None:
        sender = Sender(by.id, by.name)
        await append(uow, study.room, kind, sender, study.describe(), now, self._fresh)
        await uow.audit.record(now, by.id, kind.value, study.id, study.describe())
        people = [one for one in (study.requester, study.assignee, study.gp) if one is not None]
        tell_changed(uow, "studies", study.id, people)
        tell_changed(uow, "tasks", study.id, people)


async def images_of(uow: UnitOfWork, study: Study) -> Images:
    """The images as they stand now."""
    documents = await uow.documents.list(study.room)
    dicom = [one.id for one in documents if one.type is DocumentType.DICOM]
    return Images.of(dicom, await uow.studies.images(study.id))


def identity_of(name: str, birth_date: str, identifier: str, now: datetime) -> Identity:
    """Who the patient is. Raises Invalid."""
    try:
        born = datetime.strptime(birth_date, "%Y-%m-%d").date()
    except ValueError:
        raise Invalid("This is no date of birth.", path="birth_date") from None
    return Identity.of(name, born, identifier, now.date())


def initials(patient: Patient) -> str:
    """A patient in a room's title: letters only."""
    return "".join(f"{part[0].upper()}." for part in patient.name.split())[:20]


async def _gp(uow: UnitOfWork, person: str | None) -> str | None:
    if person is None:
        return None
    return (await _active(uow, person, Role.GP, "gp")).id


async def _radiologist(uow: UnitOfWork, person: str) -> User:
    return await _active(uow, person, Role.RADIOLOGIST, "radiologist")


async def _active(uow: UnitOfWork, person: str, role: Role, path: str) -> User:
    user = await uow.accounts.find(person) if is_storable(person) else None
    if user is None or user.status is not Status.ACTIVE or not holds(user, role):
        raise Invalid(f"This is no {role.value} of the network.", path=path)
    return user


def _hospital_of(user: User, chosen: str | None) -> str:
    mine: Sequence[str] = [held.organisation for held in user.roles if held.role in REQUESTERS]
    if chosen is None and user.organisation in mine:
        return user.organisation or mine[0]
    if chosen is not None and chosen not in mine:
        raise Invalid("Choose a hospital where you work.", path="organisation")
    return chosen or mine[0]
