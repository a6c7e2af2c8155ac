"""Studies: images of one patient at one hospital, read elsewhere, shared with consent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from server.domain.access import Role
from server.domain.errors import Conflict, Invalid
from server.domain.instants import rfc3339
from server.domain.patients import Patient
from server.domain.texts import storable

TITLE_LIMIT = 120
QUESTION_LIMIT = 2000

REQUESTERS = (Role.SPECIALIST, Role.RADIOLOGIST, Role.TECHNICIAN, Role.NURSE)
"""Whoever may ask for a reading, at the hospital that made the images."""
READERS = (*REQUESTERS, Role.GP, Role.CASE_MANAGER)
"""Whoever may read results of other hospitals, with consent."""


class StudyEmpty(Conflict):
    """There is nothing to read."""

    code = "study-empty"
    message = "Upload the images first."


class ImagesUnchecked(Conflict):
    """Some images arrived after the last look at their patient."""

    code = "images-unchecked"
    message = "Some images are still to be checked: look at the study again."


class ImagesMismatch(Conflict):
    """Images of another patient, or of nobody in particular, are in the study (hazard 8)."""

    code = "images-mismatch"
    message = "Some images do not name this patient: remove them first."


class StudyReported(Conflict):
    """A final report ends the asking."""

    code = "study-reported"
    message = "This study is reported already."


class StudyUnreported(Conflict):
    """There is no final report to share."""

    code = "study-unreported"
    message = "This study has no final report yet."


class StudyState(StrEnum):
    """Where a study stands."""

    OPEN = "open"
    ASSIGNED = "assigned"
    REPORTED = "reported"


class Verdict(StrEnum):
    """Whether an image names the case's patient."""

    MATCH = "match"
    OTHER_PATIENT = "other-patient"
    OTHER_BIRTH_DATE = "other-birth-date"
    UNNAMED = "unnamed"
    """It lacks one of the two identifiers, so that it proves nothing."""


@dataclass(frozen=True, slots=True)
class ImageTags:
    """What a DICOM file says of itself (PS3.3 C.7.1.1, C.7.2.1); never shown as it is."""

    patient_ids: tuple[str, ...]
    birth_date: date | None
    study_uid: str
    series_uid: str
    instance_uid: str

    def verdict(self, patient: Patient) -> Verdict:
        """Compare both identifiers."""
        known = {"".join(each.split()).upper() for each in self.patient_ids} - {""}
        if not known or self.birth_date is None:
            return Verdict.UNNAMED
        if patient.identifier not in known:
            return Verdict.OTHER_PATIENT
        if self.birth_date != patient.birth_date:
            return Verdict.OTHER_BIRTH_DATE
        return Verdict.MATCH


@dataclass(frozen=True, slots=True)
class Image:
    """A checked document of a study."""

    document: str
    study: str
    verdict: Verdict
    study_uid: str
    series_uid: str
    instance_uid: str


@dataclass(frozen=True, slots=True)
class Images:
    """The images of a study as they stand: DICOM documents in its room against checked ones."""

    checked: tuple[Image, ...]
    unchecked: tuple[str, ...]

    @classmethod
    def of(cls, documents: Iterable[str], known: Iterable[Image]) -> Images:
        """Those whose documents are still in the room."""
        by_document = {image.document: image for image in known}
        present = list(documents)
        checked = tuple(by_document[each] for each in present if each in by_document)
        return cls(checked, tuple(each for each in present if each not in by_document))

    def require_sound(self) -> None:
        """Raise StudyEmpty, ImagesUnchecked or ImagesMismatch unless all name the patient."""
        if self.unchecked:
            raise ImagesUnchecked
        if not self.checked:
            raise StudyEmpty
        if any(image.verdict is not Verdict.MATCH for image in self.checked):
            raise ImagesMismatch

    def to_wire(self) -> dict[str, Any]:
        """Counts, and which documents are wrong and why."""
        return {
            "instances": len(self.checked) + len(self.unchecked),
            "series": len({image.series_uid for image in self.checked}),
            "unchecked": len(self.unchecked),
            "mismatched": [
                {"document": image.document, "verdict": image.verdict.value}
                for image in self.checked
                if image.verdict is not Verdict.MATCH
            ],
        }


@dataclass(frozen=True, slots=True)
class Study:
    """One exam that waits for a reading, or has it."""

    id: str
    room: str
    organisation: str
    patient: str
    title: str
    question: str
    urgent: bool
    requester: str
    requester_name: str
    created_at: datetime
    changed_at: datetime
    gp: str | None = None
    state: StudyState = StudyState.OPEN
    assignee: str | None = None
    assignee_name: str | None = None
    reported_at: datetime | None = None
    consent: bool = False
    consent_by: str | None = None
    consent_at: datetime | None = None

    def assign(self, person: str, name: str, now: datetime) -> Study:
        """Ask a radiologist, or another one instead. Raises StudyReported."""
        if self.state is StudyState.REPORTED:
            raise StudyReported
        return replace(
            self,
            state=StudyState.ASSIGNED,
            assignee=person,
            assignee_name=name,
            changed_at=now,
        )

    def report(self, now: datetime) -> Study:
        """The reading is signed."""
        return replace(self, state=StudyState.REPORTED, reported_at=now, changed_at=now)

    def decide(self, given: bool, person: str, now: datetime) -> Study:
        """Record the patient's consent, or that it was taken back."""
        return replace(self, consent=given, consent_by=person, consent_at=now, changed_at=now)

    def require_reported(self) -> None:
        """Raise StudyUnreported."""
        if self.state is not StudyState.REPORTED:
            raise StudyUnreported

    def describe(self) -> dict[str, Any]:
        """What the timeline tells."""
        return {"study": self.id, "state": self.state.value, "assignee": self.assignee}

    def to_wire(self) -> dict[str, Any]:
        """*Study* of docs/protocol.md, without what other nouns know."""
        return {
            "id": self.id,
            "room": self.room,
            "organisation": self.organisation,
            "title": self.title,
            "question": self.question,
            "urgent": self.urgent,
            "state": self.state.value,
            "requester": {"id": self.requester, "name": self.requester_name},
            "assignee": _person(self.assignee, self.assignee_name),
            "gp": self.gp,
            "consent": self.consent,
            "consent_at": rfc3339(self.consent_at) if self.consent_at else None,
            "created_at": rfc3339(self.created_at),
            "changed_at": rfc3339(self.changed_at),
            "reported_at": rfc3339(self.reported_at) if self.reported_at else None,
        }


def exam_of(title: str) -> str:
    """What was examined, in one line. Raises Invalid."""
    line = " ".join(title.split())
    if not 0 < len(line) <= TITLE_LIMIT:
        raise Invalid("The exam must have 1 to 120 characters.", path="title")
    return storable(line, "title")


def question_of(question: str) -> str:
    """What is asked; may be empty. Raises Invalid."""
    text = question.strip()
    if len(text) > QUESTION_LIMIT:
        raise Invalid("The question must have at most 2000 characters.", path="question")
    return storable(text, "question")


def _person(person: str | None, name: str | None) -> dict[str, str] | None:
    return None if person is None else {"id": person, "name": name or ""}
