"""Reports: written by one author, signed with what was signed, corrected only by addenda."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from server.domain.access import Role
from server.domain.errors import Conflict, Forbidden, Invalid, NotFound
from server.domain.instants import rfc3339
from server.domain.report_parts import (
    Addendum,
    Critical,
    Signature,
    Version,
    digest,
    line_of,
    note_of,
    require_space,
    text_of,
)

TITLE_LIMIT = 200
TEXT_LIMIT = 20_000
"""Characters of the findings, and of the conclusion."""
NAME_LIMIT = 120

_LONG_AGO = timedelta(days=1)
_CLOCKS_DIFFER = timedelta(minutes=5)


class ReportFinal(Conflict):
    """A final report is not rewritten; it gets addenda."""

    code = "report-final"
    message = "This report is final: add an addendum."


class ReportNotFinal(Conflict):
    """Before it is final, a report is corrected by writing."""

    code = "report-not-final"
    message = "Only a final report gets addenda."


class ReportUnsigned(Conflict):
    """There is nothing yet that anybody signed."""

    code = "report-unsigned"
    message = "This report is not signed yet."


class ReportOutdated(Conflict):
    """Somebody wrote after what the caller saw; `version` is the newest."""

    code = "report-outdated"
    message = "There is a newer version of this report: look at it first."


class NotAuthor(Forbidden):
    """Only who writes a report may change and sign it."""

    message = "Only the author may do this."


class AttestationRequired(Invalid):
    """A radiology report says on which certified viewer the images were read."""

    code = "attestation-required"
    message = "Say on which certified viewer the images were read."


class ReportKind(StrEnum):
    """Which service a report belongs to."""

    GUARD = "guard"
    CONSULTATION = "consultation"
    TELEVISIT = "televisit"
    TELEREPORT = "telereport"


class ReportState(StrEnum):
    """How far others may rely on it."""

    DRAFT = "draft"
    INTERIM = "interim"
    FINAL = "final"


ATTESTED = frozenset({ReportKind.GUARD, ReportKind.TELEREPORT})
"""Kinds that are readings of images."""

_CLINICIANS = (Role.SPECIALIST, Role.RADIOLOGIST, Role.GP)
AUTHORS: Mapping[ReportKind, tuple[Role, ...]] = {
    ReportKind.GUARD: (Role.RADIOLOGIST,),
    ReportKind.TELEREPORT: (Role.RADIOLOGIST,),
    ReportKind.CONSULTATION: _CLINICIANS,
    ReportKind.TELEVISIT: (*_CLINICIANS, Role.PSYCHOLOGIST, Role.NURSE, Role.CASE_MANAGER),
}
"""Whoever may write and sign each kind."""


@dataclass(frozen=True, slots=True)
class Report:
    """One report of one case; `subject` is the id of the case."""

    id: str
    room: str
    kind: ReportKind
    subject: str
    patient: str | None
    title: str
    author: str
    author_name: str
    created_at: datetime
    changed_at: datetime
    state: ReportState = ReportState.DRAFT
    version: int = 0
    findings: str = ""
    conclusion: str = ""
    attestation: str | None = None
    criticals: tuple[Critical, ...] = ()
    signatures: tuple[Signature, ...] = ()
    addenda: tuple[Addendum, ...] = ()

    @property
    def signed_version(self) -> int | None:
        """The version that others may rely on."""
        return self.signatures[-1].version if self.signatures else None

    @property
    def unheard(self) -> int:
        """Critical findings that nobody read back."""
        return sum(not one.read_back for one in self.criticals)

    def require_author(self, person: str) -> None:
        """Raise NotAuthor for anybody else."""
        if person != self.author:
            raise NotAuthor

    def take_over(self, person: str, name: str, now: datetime) -> Report:
        """Let somebody else finish it. Raises ReportFinal."""
        self._require_open()
        return replace(self, author=person, author_name=name, changed_at=now)

    def write(self, version: int, findings: str, conclusion: str, now: datetime) -> Report:
        """A newer version. Raises ReportFinal, ReportOutdated, Invalid."""
        self._require_open()
        self._require_newest(version)
        return replace(
            self,
            version=version + 1,
            findings=text_of(findings, TEXT_LIMIT, "findings"),
            conclusion=text_of(conclusion, TEXT_LIMIT, "conclusion"),
            changed_at=now,
        )

    def add_critical(self, critical_id: str, text: str, now: datetime) -> Report:
        """A newer version with a finding that somebody must hear. Raises ReportFinal, Invalid."""
        self._require_open()
        require_space(self.criticals)
        critical = Critical(critical_id, note_of(text), now)
        return replace(
            self,
            version=self.version + 1,
            criticals=(*self.criticals, critical),
            changed_at=now,
        )

    def read_back(
        self, critical_id: str, receiver: str, told_at: datetime, now: datetime
    ) -> Report:
        """Somebody heard it and said it back; also after signing. Raises NotFound, Invalid."""
        critical = next((one for one in self.criticals if one.id == critical_id), None)
        if critical is None:
            raise NotFound
        if critical.read_back:
            raise Conflict("This was read back already.")
        if not critical.added_at - _LONG_AGO <= told_at <= now + _CLOCKS_DIFFER:
            raise Invalid("Nobody can have been told then.", path="told_at")
        name = line_of(receiver, NAME_LIMIT, "receiver")
        heard = replace(critical, receiver=name, told_at=told_at, read_back=True)
        criticals = tuple(heard if one is critical else one for one in self.criticals)
        return replace(self, criticals=criticals, changed_at=now)

    def sign(
        self,
        version: int,
        person: str,
        name: str,
        qualification: str,
        now: datetime,
        *,
        interim: bool,
        attestation: str | None,
    ) -> Report:
        """Vouch for the version seen. Raises ReportFinal, ReportOutdated, Invalid."""
        self._require_open()
        self._require_newest(version)
        if not self.findings and not self.conclusion:
            raise Invalid("There is nothing to sign yet.", path="conclusion")
        read_on = self.attestation if attestation is None else attestation.strip()
        if self.kind in ATTESTED and not read_on:
            raise AttestationRequired(path="attestation")
        attested = replace(self, attestation=note_of(read_on) if read_on else None)
        signature = Signature(
            person, name, qualification, now, version, interim, digest(attested.content())
        )
        return replace(
            attested,
            state=ReportState.INTERIM if interim else ReportState.FINAL,
            signatures=(*self.signatures, signature),
            changed_at=now,
        )

    def addend(
        self, addendum_id: str, text: str, person: str, name: str, qualification: str, now: datetime
    ) -> Report:
        """Correct or complete a final report. Raises ReportNotFinal, Invalid."""
        if self.state is not ReportState.FINAL:
            raise ReportNotFinal
        require_space(self.addenda)
        content = {"report": self.id, "after": self.signatures[-1].sha256, "text": note_of(text)}
        addendum = Addendum(
            addendum_id, note_of(text), person, name, qualification, now, digest(content)
        )
        return replace(self, addenda=(*self.addenda, addendum), changed_at=now)

    def content(self) -> dict[str, Any]:
        """What a signature vouches for."""
        return {
            "id": self.id,
            "kind": self.kind.value,
            "subject": self.subject,
            "patient": self.patient,
            "title": self.title,
            "version": self.version,
            "findings": self.findings,
            "conclusion": self.conclusion,
            "attestation": self.attestation,
            "criticals": [one.text for one in self.criticals],
        }

    def kept(self) -> Version:
        """What is kept of this version for ever."""
        return Version(
            self.id, self.version, self.author, self.findings, self.conclusion, self.changed_at
        )

    def as_signed(self, signed: Version | None) -> Report:
        """What others than the author see: the signed version, or no words yet."""
        if self.signed_version == self.version:
            return self
        if signed is None:
            return replace(self, findings="", conclusion="")
        return replace(self, findings=signed.findings, conclusion=signed.conclusion)

    def to_wire(self) -> dict[str, Any]:
        """*Report* of docs/protocol.md."""
        return self.content() | {
            "room": self.room,
            "author": {"id": self.author, "name": self.author_name},
            "state": self.state.value,
            "signed_version": self.signed_version,
            "needs_attestation": self.kind in ATTESTED,
            "criticals": [one.to_wire() for one in self.criticals],
            "signatures": [one.to_wire() for one in self.signatures],
            "addenda": [one.to_wire() for one in self.addenda],
            "created_at": rfc3339(self.created_at),
            "changed_at": rfc3339(self.changed_at),
        }

    def _require_open(self) -> None:
        if self.state is ReportState.FINAL:
            raise ReportFinal

    def _require_newest(self, version: int) -> None:
        if version != self.version:
            raise ReportOutdated(version=self.version)


def title_of(title: str) -> str:
    """A title without odd spaces. Raises Invalid."""
    return line_of(title, TITLE_LIMIT, "title")
