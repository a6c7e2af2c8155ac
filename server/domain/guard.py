"""Guard requests: a question to whoever is on call, from asking to the report that was read.

`requested → alerting → accepted → working → report_pending → reported → closed`; exhausted goes
on alerting and may still be accepted, release and a missed call go back to alerting, cancelled
ends.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from server.domain.errors import Conflict, Forbidden, Invalid
from server.domain.guard_justification import Justification
from server.domain.guard_results import Promise, Unheard
from server.domain.texts import storable

QUESTION_LIMIT = 4000
DETAIL_LIMIT = 500
CALL_BACK_LIMIT = 40
REASON_LIMIT = 500
AGE_LIMIT = 130


class AlreadyAccepted(Conflict):
    """One acceptance wins; `by` names who won."""

    code = "already-accepted"
    message = "A colleague accepted this request."


class GuardMoved(Conflict):
    """The request is where this cannot be done any more, or not yet."""

    code = "guard-moved"
    message = "This request has moved on: look at it again."


class ReadBackMissing(Conflict):
    """A critical finding that nobody read back keeps a report from being final (hazard 14)."""

    code = "read-back-missing"
    message = "A critical finding is not read back yet: call, and record who heard it."


class NotAcceptor(Forbidden):
    """Only whoever accepted a request goes on with it."""

    message = "Only the radiologist who accepted it may do this."


class State(StrEnum):
    """Where a request stands."""

    REQUESTED = "requested"
    ALERTING = "alerting"
    ACCEPTED = "accepted"
    WORKING = "working"
    REPORT_PENDING = "report_pending"
    REPORTED = "reported"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    EXHAUSTED = "exhausted"


OPEN = frozenset({State.REQUESTED, State.ALERTING, State.EXHAUSTED})
"""Nobody accepted yet."""
HELD = frozenset({State.ACCEPTED, State.WORKING, State.REPORT_PENDING})
"""Somebody owes an answer."""


class Priority(StrEnum):
    """How long the patient can wait."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    ROUTINE = "routine"

    @property
    def rank(self) -> int:
        """0 is answered first."""
        return list(Priority).index(self)


@dataclass(frozen=True, slots=True)
class Question:
    """What the radiologist must know at a glance; free texts, never the patient's name."""

    priority: Priority
    text: str
    call_back: str
    wants_call: bool
    age: int | None = None
    allergy: str | None = None
    creatinine: str | None = None
    justify_first: bool = False
    """The exam waits until the radiologist says that it is justified."""

    def check(self) -> Question:
        """The same with tidy words. Raises Invalid."""
        if self.age is not None and not 0 <= self.age <= AGE_LIMIT:
            raise Invalid("An age is 0 to 130 years.", path="age")
        return replace(
            self,
            text=_text(self.text, QUESTION_LIMIT, "question"),
            call_back=_text(self.call_back, CALL_BACK_LIMIT, "call_back"),
            allergy=_optional(self.allergy, "allergy"),
            creatinine=_optional(self.creatinine, "creatinine"),
        )


@dataclass(frozen=True, slots=True)
class Request:
    """One question; `step` counts from 1 and is the last that fired, `round` starts over."""

    id: str
    number: int
    room: str
    service: str
    service_name: str
    modality: str
    phone: str
    organisation: str | None
    patient: str
    requester: str
    requester_name: str
    created_at: datetime
    question: Question
    promised: Promise
    state: State = State.REQUESTED
    step: int = 0
    round: int = 1
    next_at: datetime | None = None
    no_cover: bool = False
    accepted_by: str | None = None
    accepted_name: str | None = None
    accepted_at: datetime | None = None
    referred_to: str | None = None
    passed_on: str | None = None
    """Who let it go last: alerted again, but never alone."""
    report: str | None = None
    report_state: str | None = None
    justification: Justification | None = None
    exam_done_at: datetime | None = None
    """When the ward did the exam that had waited for its justification."""
    unheard: Unheard | None = None
    hear_round: int = 0
    """How often somebody was reminded that it is unheard."""
    hear_to: str | None = None
    """Who was told beside those who owe it; may acknowledge in the requester's stead."""
    hear_name: str | None = None
    version: int = 1

    def alert(self, step: int, next_at: datetime, *, no_cover: bool, exhausted: bool) -> Request:
        """Escalated as far as a step. Raises GuardMoved."""
        self._require(OPEN)
        state = State.EXHAUSTED if exhausted else State.ALERTING
        return replace(self, state=state, step=step, next_at=next_at, no_cover=no_cover)

    def accept(self, person: str, name: str, now: datetime) -> Request:
        """Take it on. Raises AlreadyAccepted naming who was first, GuardMoved when it is over."""
        if self.state is State.CANCELLED:
            raise GuardMoved(state=self.state.value)
        is_referral = self.state in HELD and self.referred_to == person
        if self.accepted_by is not None and not is_referral:
            raise AlreadyAccepted(by=self.accepted_name)
        self._require(OPEN | HELD)
        return replace(
            self,
            state=State.ACCEPTED,
            accepted_by=person,
            accepted_name=name,
            accepted_at=now,
            next_at=None,
            no_cover=False,
            referred_to=None,
            passed_on=None,
        )

    def start(self, report: str, report_state: str) -> Request:
        """The report in which the answer will stand."""
        return replace(self, report=report, report_state=report_state)

    def work(self, person: str) -> Request:
        """Joined the call or opened the case. Raises NotAcceptor, GuardMoved."""
        self.require_acceptor(person)
        return replace(self, state=State.WORKING) if self.state is State.ACCEPTED else self

    def justify(self, answer: Justification) -> Request:
        """Say whether the exam is done; may be said anew until it is, or something is signed.

        Raises NotAcceptor, GuardMoved.
        """
        working = self.work(answer.person)
        if not (self.question.justify_first and self.owes_first_report) or self.exam_done_at:
            raise GuardMoved(state=self.state.value)
        return replace(working, justification=answer)

    def do_exam(self, now: datetime) -> Request:
        """The ward did the exam that was justified, or another instead. Raises GuardMoved."""
        self._require(HELD)
        if not self.awaits_exam:
            raise GuardMoved(state=self.state.value)
        # what was late before there was anything to read has its whole time from now on
        is_late = self.state is State.REPORT_PENDING and self.owes_first_report
        state = State.WORKING if is_late else self.state
        return replace(self, state=state, exam_done_at=now)

    def release(self, person: str) -> Request:
        """Give it back: alerting starts over. Raises NotAcceptor, GuardMoved."""
        self.require_acceptor(person)
        return replace(
            self,
            state=State.ALERTING,
            step=0,
            round=self.round + 1,
            accepted_by=None,
            accepted_name=None,
            accepted_at=None,
            referred_to=None,
            passed_on=person,
        )

    def hand_over(self, person: str, name: str) -> Request:
        """Somebody else has it now, as it stands. Raises GuardMoved."""
        self._require(HELD)
        return replace(self, accepted_by=person, accepted_name=name, referred_to=None)

    def refer(self, person: str, colleague: str) -> Request:
        """Ask a colleague to take it on; until then it stays. Raises NotAcceptor, Invalid."""
        self.require_acceptor(person)
        if colleague == person:
            raise Invalid("Refer it to somebody else.", path="person")
        return replace(self, referred_to=colleague)

    def owe_report(self) -> Request:
        """The report is late. Raises GuardMoved."""
        self._require(HELD)
        return replace(self, state=State.REPORT_PENDING)

    def sign(self, report_state: str, *, interim: bool) -> Request:
        """The report was signed; an interim one still owes the final. Raises GuardMoved."""
        self._require(HELD)
        state = State.REPORT_PENDING if interim else State.REPORTED
        return replace(self, state=state, report_state=report_state, referred_to=None)

    def cancel(self) -> Request:
        """No longer needed. Raises GuardMoved once reported."""
        self._require(OPEN | HELD)
        return replace(self, state=State.CANCELLED, next_at=None, no_cover=False, unheard=None)

    def close(self) -> Request:
        """The requester read the report. Raises GuardMoved."""
        self._require({State.REPORTED})
        return replace(self, state=State.CLOSED, unheard=None)

    def miss(self, what: Unheard | None) -> Request:
        """What is unheard from now on; anew, so that reminding starts over."""
        return replace(self, unheard=what, hear_round=0, hear_to=None, hear_name=None)

    def remind(self, person: str | None = None, name: str | None = None) -> Request:
        """One more time that nobody heard of it; told to somebody from the second on."""
        to = (person, name) if person else (self.hear_to, self.hear_name)
        return replace(self, hear_round=self.hear_round + 1, hear_to=to[0], hear_name=to[1])

    def require_acceptor(self, person: str) -> None:
        """Raise GuardMoved unless somebody works on it, NotAcceptor when somebody else does."""
        self._require(HELD)
        if self.accepted_by != person:
            raise NotAcceptor

    @property
    def owes_first_report(self) -> bool:
        """Whether somebody accepted and has not signed anything yet."""
        return self.state in HELD and self.report_state in (None, "draft")

    @property
    def awaits_justification(self) -> bool:
        """Whether the exam waits for an answer."""
        return self.question.justify_first and self.justification is None

    @property
    def awaits_exam(self) -> bool:
        """Whether the exam may be done, and nobody said yet that it is."""
        answer = self.justification
        return answer is not None and answer.allows and self.exam_done_at is None

    @property
    def joins(self) -> bool:
        """Whether the acceptor still has to join the call that was asked for."""
        return self.question.wants_call and self.state in (State.ACCEPTED, State.WORKING)

    def _require(self, states: Collection[State]) -> None:
        if self.state not in states:
            raise GuardMoved(state=self.state.value)


def by_priority(requests: Iterable[Request]) -> list[Request]:
    """The most urgent first, then the oldest; none is dropped (hazard 15)."""
    return sorted(requests, key=lambda one: (one.question.priority.rank, one.created_at, one.id))


def title_of(service: str, patient: str, number: int) -> str:
    """A room's title that names nobody: service, initials, number."""
    initials = ".".join(word[0].upper() for word in patient.split()[:3])
    return f"{service} · {initials}. · #{number}"


def reason_of(text: str) -> str:
    """Why, in some words. Raises Invalid."""
    return _text(text, REASON_LIMIT, "reason")


def _optional(text: str | None, path: str) -> str | None:
    return _text(text, DETAIL_LIMIT, path) if text and text.strip() else None


def _text(text: str, limit: int, path: str) -> str:
    text = text.strip()
    if not 0 < len(text) <= limit:
        raise Invalid(f"This must have 1 to {limit} characters.", path=path)
    return storable(text, path)
