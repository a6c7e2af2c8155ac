"""Consultations of an expert centre: from the case told to its outcome, every move a step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from server.domain.errors import Conflict, Invalid
from server.domain.instants import rfc3339
from server.domain.opinions import Outcome, prose
from server.domain.slots import Slot

REASON_LIMIT = 1000
SUPPLEMENTS_MOST = 20
NEAR = timedelta(minutes=15)
"""How long before its time people are asked to join."""


class WrongStep(Conflict):
    """Not what comes next."""

    code = "wrong-step"
    message = "The consultation has moved on: this is not possible now."


class State(StrEnum):
    """Where a consultation stands."""

    DESCRIBED = "described"
    """No appointment."""
    REQUESTED = "requested"
    """A slot is booked; the centre has to answer."""
    CONFIRMED = "confirmed"
    """Documents may be shared; the consult is held and opinions are written."""
    DECLINED = "declined"
    SUPPLEMENT = "supplement"
    """The outcome was that data are missing: complete the case and book again."""
    CONCLUDED = "concluded"
    CANCELLED = "cancelled"


ENDED = frozenset({State.CONCLUDED, State.CANCELLED})


class Move(StrEnum):
    """What happens to a consultation; each is an event of its room's timeline."""

    DESCRIBED = "described"
    SUPPLEMENTED = "supplemented"
    BOOKED = "booked"
    RELEASED = "released"
    LAPSED = "lapsed"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    CONCLUDED = "concluded"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Step:
    """A move made: by whom and when; `note` is what they said of it."""

    move: Move
    at: datetime
    by: str
    by_name: str
    note: str = ""

    def to_wire(self) -> dict[str, Any]:
        """JSON values only."""
        return {
            "move": self.move.value,
            "at": rfc3339(self.at),
            "by": {"id": self.by, "name": self.by_name},
            "note": self.note,
        }

    @classmethod
    def from_wire(cls, wire: dict[str, Any]) -> Self:
        """Parse what `to_wire` wrote."""
        by, at = wire["by"], datetime.fromisoformat(wire["at"])
        return cls(Move(wire["move"]), at, by["id"], by["name"], wire["note"])


@dataclass(frozen=True, slots=True)
class ClinicalCase:
    """What the expert must know beforehand."""

    diagnosis: str
    question: str
    prior_treatment: str = ""

    @classmethod
    def of(cls, diagnosis: str, question: str, prior_treatment: str) -> Self:
        """Raises Invalid without diagnosis or question."""
        return cls(
            _needed(diagnosis, "diagnosis"),
            _needed(question, "question"),
            prose(prior_treatment, "prior_treatment"),
        )


@dataclass(frozen=True, slots=True)
class Appointment:
    """The slot as it was booked."""

    slot: str
    centre: str
    expert: str
    expert_name: str
    starts_at: datetime
    minutes: int

    @classmethod
    def at(cls, slot: Slot) -> Self:
        """Of a slot."""
        return cls(
            slot.id, slot.centre, slot.expert, slot.expert_name, slot.starts_at, slot.minutes
        )

    @property
    def ends_at(self) -> datetime:
        """When its time is over."""
        return self.starts_at + timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True)
class Consultation:
    """One case put to an expert centre; a `round` is one appointment with its opinions."""

    id: str
    room: str
    title: str
    requester: str
    requester_name: str
    patient: str
    case: ClinicalCase
    created_at: datetime
    state: State = State.DESCRIBED
    round: int = 1
    appointment: Appointment | None = None
    documents_open: bool = False
    outcome: Outcome | None = None
    steps: tuple[Step, ...] = ()

    def described(self, by_name: str) -> Consultation:
        """Told for the first time."""
        return self._after(Move.DESCRIBED, self.state, self.requester, by_name, self.created_at)

    def supplement(self, text: str, by_name: str, now: datetime) -> Consultation:
        """Add to the case. Raises WrongStep once it ended, Invalid."""
        if self.state in ENDED:
            raise WrongStep
        if sum(step.move is Move.SUPPLEMENTED for step in self.steps) >= SUPPLEMENTS_MOST:
            raise Invalid("There are too many supplements already.", path="text")
        note = _needed(text, "text")
        return self._after(Move.SUPPLEMENTED, self.state, self.requester, by_name, now, note)

    def book(self, slot: Slot, by: str, by_name: str, now: datetime) -> Consultation:
        """Ask for a slot, instead of a former one too; another centre begins without documents.

        Raises WrongStep once it ended, SlotPast, Invalid for one's own slot.
        """
        if self.state in ENDED:
            raise WrongStep
        slot.require_ahead(now)
        if slot.expert == self.requester:
            raise Invalid("Choose the time of another expert.", path="slot")
        is_same = self.appointment is not None and self.appointment.centre == slot.centre
        again = self.round + 1 if self.state is State.SUPPLEMENT else self.round
        moved = replace(
            self,
            round=again,
            appointment=Appointment.at(slot),
            documents_open=self.documents_open and is_same,
            outcome=None,
        )
        return moved._after(Move.BOOKED, State.REQUESTED, by, by_name, now)

    def release(self, by: str, by_name: str, now: datetime) -> Consultation:
        """Give the appointment up and keep the case. Raises WrongStep."""
        self._require(State.REQUESTED, State.CONFIRMED)
        freed = replace(self, appointment=None, documents_open=False)
        return freed._after(Move.RELEASED, State.DESCRIBED, by, by_name, now)

    def lapse(self, now: datetime) -> Consultation:
        """The time came and the centre had not answered. Raises WrongStep."""
        self._require(State.REQUESTED)
        freed = replace(self, appointment=None, documents_open=False)
        return freed._after(Move.LAPSED, State.DESCRIBED, "system", "", now)

    def confirm(self, by: str, by_name: str, now: datetime) -> Consultation:
        """The centre agrees: the area of documents opens. Raises WrongStep, SlotPast."""
        appointment = self._require(State.REQUESTED)
        if appointment.ends_at <= now:
            raise WrongStep
        opened = replace(self, documents_open=True)
        return opened._after(Move.CONFIRMED, State.CONFIRMED, by, by_name, now)

    def decline(self, reason: str, by: str, by_name: str, now: datetime) -> Consultation:
        """The centre refuses, or cannot after all. Raises WrongStep, Invalid without a reason."""
        self._require(State.REQUESTED, State.CONFIRMED)
        note = _needed(reason, "reason", REASON_LIMIT)
        freed = replace(self, appointment=None, documents_open=False)
        return freed._after(Move.DECLINED, State.DECLINED, by, by_name, now, note)

    def conclude(self, outcome: Outcome, by_name: str, now: datetime) -> Consultation:
        """The requester's synthesis is signed. Raises WrongStep."""
        self._require(State.CONFIRMED)
        state = State.SUPPLEMENT if outcome is Outcome.DATA_MISSING else State.CONCLUDED
        ended = replace(self, outcome=outcome)
        return ended._after(Move.CONCLUDED, state, self.requester, by_name, now, f"{outcome.value}")

    def cancel(self, reason: str, by_name: str, now: datetime) -> Consultation:
        """The requester takes the case back. Raises WrongStep."""
        if self.state in ENDED:
            raise WrongStep
        note = prose(reason, "reason")[:REASON_LIMIT]
        freed = replace(self, appointment=None, documents_open=False)
        return freed._after(Move.CANCELLED, State.CANCELLED, self.requester, by_name, now, note)

    def require_under_way(self) -> None:
        """Raise WrongStep unless doctors are being consulted."""
        self._require(State.CONFIRMED)

    def is_near(self, now: datetime) -> bool:
        """Whether it is time to join."""
        at = self.appointment
        if self.state is not State.CONFIRMED or at is None:
            return False
        return at.starts_at - NEAR <= now < at.ends_at

    def _require(self, *states: State) -> Appointment:
        if self.state not in states or self.appointment is None:
            raise WrongStep
        return self.appointment

    def _after(
        self, move: Move, state: State, by: str, by_name: str, now: datetime, note: str = ""
    ) -> Consultation:
        return replace(self, state=state, steps=(*self.steps, Step(move, now, by, by_name, note)))


def initials(name: str) -> str:
    """`M. R.` of a name: what a title may show of a patient."""
    return " ".join(f"{word[0].upper()}." for word in name.split()[:3])


def _needed(text: str, path: str, limit: int | None = None) -> str:
    text = prose(text, path)
    if not text:
        raise Invalid("This cannot be empty.", path=path)
    if limit is not None and len(text) > limit:
        raise Invalid(f"At most {limit} characters.", path=path)
    return text
