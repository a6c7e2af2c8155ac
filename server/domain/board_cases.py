"""Cases of a board: from the agenda to a signed decision sheet, or to another meeting."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from server.domain.boards import Participant
from server.domain.decision_sheets import Sheet, SheetChanged, Signature, digest
from server.domain.errors import Conflict, Invalid, LimitExceeded
from server.domain.instants import rfc3339
from server.domain.quorum import Quorum
from server.domain.texts import storable

QUESTION_LIMIT = 2000
AGENDA_LIMIT = 60


class CaseState(StrEnum):
    """Where a case stands."""

    WAITING = "waiting"
    OPEN = "open"
    DECIDED = "decided"
    """Closed with a decision, whatever the quorum: without one it cannot be signed."""
    POSTPONED = "postponed"
    """Closed without a decision."""
    SIGNED = "signed"
    REPRESENTED = "represented"
    """Carried to another meeting's agenda."""


class CaseMoved(Conflict):
    """Not possible where the case stands."""

    code = "case-moved"
    message = "This is not possible where the case stands now."


class PatientNotInformed(Conflict):
    """No decision before the patient knows of the meeting."""

    code = "patient-not-informed"
    message = "Record first that the patient was informed, and when."


class QuorumMissing(Conflict):
    """No formal advice with fewer than three specialties: the case is re-presented."""

    code = "quorum-missing"
    message = "Fewer than three specialties were there for the whole case: present it again."


@dataclass(frozen=True, slots=True)
class BoardCase:
    """One patient's case on one meeting's agenda."""

    id: str
    board: str
    position: int
    patient: str
    question: str
    presenter: str
    added_by: str
    added_at: datetime
    informed_on: date | None = None
    """When the patient was told that the case goes to the board; None while not."""
    state: CaseState = CaseState.WAITING
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    sheet: Sheet = field(default_factory=Sheet)
    version: int = 0
    quorum: Quorum | None = None
    signature: Signature | None = None
    represents: str | None = None
    """The case of an earlier meeting that this one takes up again."""
    represented_as: str | None = None

    @property
    def is_signable(self) -> bool:
        """Decided by a quorum, not signed yet."""
        return self.state is CaseState.DECIDED and self.quorum is not None and self.quorum.is_met

    @property
    def must_return(self) -> bool:
        """Closed without a formal advice: another meeting must take it up."""
        return self.state is CaseState.POSTPONED or (
            self.state is CaseState.DECIDED and not self.is_signable
        )

    def edit(
        self,
        *,
        question: str | None = None,
        presenter: str | None = None,
        position: int | None = None,
    ) -> BoardCase:
        """Change the agenda's line. Raises Invalid, CaseMoved once it was discussed."""
        self._require(CaseState.WAITING)
        return replace(
            self,
            question=self.question if question is None else question_of(question),
            presenter=presenter or self.presenter,
            position=self.position if position is None else position,
        )

    def inform(self, on: date | None, today: date) -> BoardCase:
        """Record when the patient was informed. Raises Invalid, CaseMoved once decided."""
        self._require(CaseState.WAITING, CaseState.OPEN)
        return replace(self, informed_on=informed(on, today))

    def open(self, now: datetime) -> BoardCase:
        """Begin the discussion, anew if it was closed. Raises CaseMoved."""
        self._require(CaseState.WAITING, CaseState.DECIDED, CaseState.POSTPONED)
        return replace(self, state=CaseState.OPEN, opened_at=now, closed_at=None, quorum=None)

    def write(self, version: int, sheet: Sheet) -> BoardCase:
        """Write the sheet of the open case. Raises CaseMoved, SheetChanged."""
        self._require(CaseState.OPEN)
        self._require_version(version)
        return replace(self, sheet=sheet, version=self.version + 1)

    def decide(self, version: int, quorum: Quorum, now: datetime) -> BoardCase:
        """Close with the decision that the sheet states.

        Raises CaseMoved, SheetChanged, PatientNotInformed, SheetIncomplete.
        """
        self._require(CaseState.OPEN)
        self._require_version(version)
        if self.informed_on is None:
            raise PatientNotInformed
        self.sheet.require_complete()
        return replace(self, state=CaseState.DECIDED, closed_at=now, quorum=quorum)

    def postpone(self, quorum: Quorum, now: datetime) -> BoardCase:
        """Close without a decision. Raises CaseMoved."""
        self._require(CaseState.OPEN)
        return replace(self, state=CaseState.POSTPONED, closed_at=now, quorum=quorum)

    def sign(self, version: int, by: Participant, now: datetime) -> BoardCase:
        """Make it the board's formal advice. Raises CaseMoved, SheetChanged, QuorumMissing."""
        self._require(CaseState.DECIDED)
        self._require_version(version)
        if not self.is_signable:
            raise QuorumMissing
        signature = Signature(by.person, by.name, by.qualification, now, digest(self.statement()))
        return replace(self, state=CaseState.SIGNED, signature=signature)

    def represent(self, case_id: str) -> BoardCase:
        """Leave it to the case of another meeting. Raises CaseMoved for a formal advice."""
        if self.state is not CaseState.WAITING and not self.must_return:
            raise CaseMoved(state=self.state.value)
        return replace(self, state=CaseState.REPRESENTED, represented_as=case_id)

    def require_removable(self) -> None:
        """Raise CaseMoved once it was discussed, or when it takes up another."""
        self._require(CaseState.WAITING)
        if self.represents is not None:
            raise CaseMoved(state=self.state.value)

    def statement(self) -> dict[str, Any]:
        """What a signature stands for."""
        return {
            "case": self.id,
            "patient": self.patient,
            "question": self.question,
            "presenter": self.presenter,
            "informed_on": _day(self.informed_on),
            "opened_at": _instant(self.opened_at),
            "closed_at": _instant(self.closed_at),
            "sheet": self.sheet.to_wire(),
            "quorum": self.quorum.to_wire() if self.quorum else None,
        }

    def to_wire(self) -> dict[str, Any]:
        """*Case* of docs/protocol.md; `patient` is the id."""
        return {
            "id": self.id,
            "board": self.board,
            "position": self.position,
            "patient": self.patient,
            "question": self.question,
            "presenter": self.presenter,
            "informed_on": _day(self.informed_on),
            "state": self.state.value,
            "opened_at": _instant(self.opened_at),
            "closed_at": _instant(self.closed_at),
            "sheet": self.sheet.to_wire(),
            "version": self.version,
            "quorum": self.quorum.to_wire() if self.quorum else None,
            "signature": self.signature.to_wire() if self.signature else None,
            "represents": self.represents,
            "represented_as": self.represented_as,
            "must_return": self.must_return,
            "is_signable": self.is_signable,
        }

    def _require(self, *states: CaseState) -> None:
        if self.state not in states:
            raise CaseMoved(state=self.state.value)

    def _require_version(self, version: int) -> None:
        if version != self.version:
            raise SheetChanged(version=self.version)


def question_of(question: str) -> str:
    """The question put to the board. Raises Invalid when empty or long."""
    question = question.strip()
    if not 0 < len(question) <= QUESTION_LIMIT:
        raise Invalid("The question must have 1 to 2000 characters.", path="question")
    return storable(question, "question")


def informed(on: date | None, today: date) -> date | None:
    """The day on which the patient was informed. Raises Invalid when it is yet to come."""
    if on is not None and on > today:
        raise Invalid("The patient cannot have been informed in the future.", path="informed_on")
    return on


def require_space(cases: int) -> None:
    """Raise LimitExceeded when one more would be too many."""
    if cases >= AGENDA_LIMIT:
        raise LimitExceeded(limit="cases")


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _instant(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)
