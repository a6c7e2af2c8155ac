"""Boards and their cases as clients receive them."""

from __future__ import annotations

from datetime import date

from server.domain.board_cases import CaseState
from server.domain.decision_sheets import Guideline
from server.domain.quorum import Presence
from server.domain.specialties import Specialty
from server.services.board_access import Meeting
from server.web.models import Instant, View


class PersonView(View):
    """Somebody who sits on the board."""

    person: str
    name: str
    qualification: str
    specialty: Specialty


class AttendeeView(PersonView):
    """The same, and how much of the case they were there for."""

    presence: Presence


class QuorumView(View):
    """*Quorum* of docs/protocol.md."""

    met: bool
    needed: int
    specialties: list[Specialty]
    attendees: list[AttendeeView]


class SheetView(View):
    """The words of the decision."""

    proposal: str
    guideline: Guideline | None
    reason: str
    reference: str
    next_step: str


class SignatureView(View):
    """The coordinator's."""

    person: str
    name: str
    qualification: str
    at: Instant
    sha256: str


class PatientView(View):
    """*Patient* of docs/protocol.md."""

    id: str
    name: str
    birth_date: date
    identifier: str


class CaseView(View):
    """*BoardCase* of docs/protocol.md."""

    id: str
    board: str
    position: int
    patient: PatientView
    question: str
    presenter: str
    informed_on: date | None
    state: CaseState
    opened_at: Instant | None
    closed_at: Instant | None
    sheet: SheetView
    version: int
    quorum: QuorumView | None
    signature: SignatureView | None
    represents: str | None
    represented_as: str | None
    must_return: bool
    is_signable: bool


class BoardView(View):
    """*Board* of docs/protocol.md."""

    id: str
    room: str
    title: str
    starts_at: Instant
    duration_minutes: int
    coordinator: str
    created_by: str
    participants: list[PersonView]
    cases: list[CaseView]
    present: list[str]
    live: QuorumView | None

    @classmethod
    def of(cls, meeting: Meeting) -> BoardView:
        """The view of a meeting."""
        return cls.model_validate(meeting.to_wire())
