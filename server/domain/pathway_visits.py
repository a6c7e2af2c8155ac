"""Visits of a pathway: booked inside their windows, held, missed or overdue."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self
from zoneinfo import ZoneInfo

from server.domain.errors import Conflict, Invalid
from server.domain.instants import rfc3339
from server.domain.pathway_templates import Mode, Performer, Step, words
from server.domain.windows import Window, day_in

PLACE_LIMIT = 120
REASON_LIMIT = 500


class OutsideWindow(Conflict):
    """The appointment is outside the visit's window and nobody said why."""

    code = "outside-window"
    message = "This day is outside the visit's window: choose another, or give the reason."


class VisitState(StrEnum):
    """Where a visit stands."""

    PLANNED = "planned"
    BOOKED = "booked"
    DONE = "done"
    MISSED = "missed"
    OVERDUE = "overdue"
    CANCELLED = "cancelled"


LAPSING = frozenset({VisitState.PLANNED, VisitState.MISSED})
"""Without an appointment: overdue when the window ends."""
OPEN = LAPSING | {VisitState.BOOKED, VisitState.OVERDUE}
"""Something remains to be done."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of one pathway."""

    id: str
    pathway: str
    position: int
    title: str
    mode: Mode
    performer: Performer
    specialty: str | None
    target: date
    first: date
    last: date
    state: VisitState = VisitState.PLANNED
    appointment: datetime | None = None
    place: str | None = None
    reason: str | None = None  # why outside the window
    taken_by: str | None = None
    taken_at: datetime | None = None
    held_on: date | None = None
    overdue_at: datetime | None = None

    @classmethod
    def plan(
        cls, visit_id: str, pathway: str, position: int, step: Step, discharged_on: date
    ) -> Self:
        """What a step means for a patient discharged on that day."""
        window = step.window(discharged_on)
        return cls(
            visit_id,
            pathway,
            position,
            step.title,
            step.mode,
            step.performer,
            step.specialty,
            step.target(discharged_on),
            window.first,
            window.last,
        )

    @property
    def window(self) -> Window:
        """The days on which it is in time."""
        return Window(self.first, self.last)

    @property
    def is_on_time(self) -> bool | None:
        """Whether it was held inside its window; None while it was not held."""
        return None if self.held_on is None else self.held_on in self.window

    def overdue_from(self, zone: str) -> datetime:
        """The instant from which it is overdue unless it is booked or held."""
        return self.window.ends_at(ZoneInfo(zone))

    def book(
        self, at: datetime, place: str | None, reason: str | None, zone: str, now: datetime
    ) -> Visit:
        """An appointment, or another one. Raises OutsideWindow without a reason, Invalid."""
        self._require(OPEN)
        if at <= now:
            raise Invalid("An appointment is in the future.", path="at")
        reason = words(reason, REASON_LIMIT, "reason") if reason else None
        is_inside = day_in(at, zone) in self.window
        if not is_inside and reason is None:
            raise OutsideWindow(path="reason")
        return replace(
            self,
            state=VisitState.BOOKED,
            appointment=at,
            place=words(place, PLACE_LIMIT, "place") if place else None,
            reason=None if is_inside else reason,
        )

    def take(self, person: str, now: datetime) -> Visit:
        """The GP takes it over; idempotent. Raises Conflict for visits of the hospital."""
        self._require(OPEN)
        if self.performer is not Performer.GP:
            raise Conflict("This visit is the hospital's.")
        return replace(self, taken_by=person, taken_at=self.taken_at or now)

    def complete(self, held_on: date, discharged_on: date, today: date) -> Visit:
        """It was held. Raises Invalid for days to come or before discharge, Conflict."""
        self._require(OPEN)
        if not discharged_on <= held_on <= today:
            raise Invalid("A visit is held after discharge and not in the future.", path="held_on")
        return replace(self, state=VisitState.DONE, held_on=held_on)

    def miss(self, now: datetime) -> Visit:
        """The patient did not come. Raises Conflict before the appointment and without one."""
        self._require(frozenset({VisitState.BOOKED}))
        if self.appointment is None or self.appointment > now:
            raise Conflict("The appointment is still to come: book another one instead.")
        return replace(self, state=VisitState.MISSED)

    def lapse(self, now: datetime) -> Visit:
        """The window is over without an appointment. Raises Conflict in other states."""
        self._require(LAPSING)
        return replace(self, state=VisitState.OVERDUE, overdue_at=now)

    def cancel(self) -> Visit:
        """The pathway ends before; what is overdue stays overdue, for the figures."""
        self._require(OPEN)
        is_late = self.state is VisitState.OVERDUE
        return self if is_late else replace(self, state=VisitState.CANCELLED)

    def to_wire(self) -> dict[str, Any]:
        """*Visit* of docs/protocol.md."""
        return {
            "id": self.id,
            "title": self.title,
            "mode": self.mode.value,
            "performer": self.performer.value,
            "specialty": self.specialty,
            "target": self.target.isoformat(),
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "state": self.state.value,
            "appointment": rfc3339(self.appointment) if self.appointment else None,
            "place": self.place,
            "reason": self.reason,
            "taken_at": rfc3339(self.taken_at) if self.taken_at else None,
            "held_on": self.held_on.isoformat() if self.held_on else None,
            "overdue_at": rfc3339(self.overdue_at) if self.overdue_at else None,
            "on_time": self.is_on_time,
        }

    def _require(self, states: frozenset[VisitState]) -> None:
        if self.state not in states:
            raise Conflict(f"The visit is {self.state}.")
