"""Pathways: a patient's follow-up after discharge, and who answers for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from server.domain.access import Role, RoomRole
from server.domain.accounts import User
from server.domain.errors import Conflict, Invalid
from server.domain.instants import rfc3339
from server.domain.texts import storable

SUMMARY_LIMIT = 4000
EARLIEST_DISCHARGE = date(2000, 1, 1)
_CLINICIANS = frozenset(
    {Role.SPECIALIST, Role.RADIOLOGIST, Role.NURSE, Role.PSYCHOLOGIST, Role.TECHNICIAN}
)


class PathwayState(StrEnum):
    """Whether follow-up goes on."""

    OPEN = "open"
    CLOSED = "closed"


class Ability(StrEnum):
    """What a person may do with one pathway besides reading it."""

    BOOK = "book"
    RECORD = "record"
    """Say that a visit was held or missed."""
    STEER = "steer"
    """Hand over, close."""
    ACKNOWLEDGE = "acknowledge"
    """Take responsibility that is offered."""
    VISIT = "visit"
    """Take over, book and record the GP's visits."""


@dataclass(frozen=True, slots=True)
class Handover:
    """Responsibility offered by one organisation to another; nothing moves before the answer."""

    id: str
    pathway: str
    origin: str
    target: str
    summary: str
    offered_by: str
    offered_at: datetime
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    withdrawn_at: datetime | None = None

    @property
    def is_pending(self) -> bool:
        """Whether it waits for an answer."""
        return self.acknowledged_at is None and self.withdrawn_at is None

    def acknowledge(self, person: str, now: datetime) -> Handover:
        """The target takes responsibility. Raises Conflict when it no longer waits."""
        self._require_pending()
        return replace(self, acknowledged_by=person, acknowledged_at=now)

    def withdraw(self, now: datetime) -> Handover:
        """Another offer takes its place. Raises Conflict when it no longer waits."""
        self._require_pending()
        return replace(self, withdrawn_at=now)

    def to_wire(self) -> dict[str, Any]:
        """*Handover* of docs/protocol.md, without names."""
        return {
            "id": self.id,
            "origin": self.origin,
            "target": self.target,
            "summary": self.summary,
            "offered_by": self.offered_by,
            "offered_at": rfc3339(self.offered_at),
            "acknowledged_by": self.acknowledged_by,
            "acknowledged_at": rfc3339(self.acknowledged_at) if self.acknowledged_at else None,
        }

    def _require_pending(self) -> None:
        if not self.is_pending:
            raise Conflict("This hand-over was answered already.")


@dataclass(frozen=True, slots=True)
class Pathway:
    """One patient's follow-up; `responsible` is the organisation that answers for it now."""

    id: str
    code: str
    title: str
    room: str
    template: str
    patient: str
    hospital: str
    responsible: str
    gp: str | None
    zone: str
    discharged_on: date
    opened_by: str
    opened_at: datetime
    closed_at: datetime | None = None

    @property
    def state(self) -> PathwayState:
        """Whether follow-up goes on."""
        return PathwayState.OPEN if self.closed_at is None else PathwayState.CLOSED

    def require_open(self) -> None:
        """Raise Conflict when it was closed."""
        if self.closed_at is not None:
            raise Conflict("This pathway is closed.")

    def offer(
        self, handover_id: str, target: str, summary: str, person: str, now: datetime
    ) -> Handover:
        """Offer responsibility. Raises Invalid to oneself or without a summary, Conflict."""
        self.require_open()
        if target == self.responsible:
            raise Invalid("This organisation is responsible already.", path="organisation")
        summary = storable(summary.strip(), "summary")
        if not 0 < len(summary) <= SUMMARY_LIMIT:
            raise Invalid("The summary must have 1 to 4,000 characters.", path="summary")
        return Handover(handover_id, self.id, self.responsible, target, summary, person, now)

    def hand_over(self, accepted: Handover) -> Pathway:
        """Responsibility goes where it was acknowledged. Raises Conflict before that."""
        self.require_open()
        if accepted.acknowledged_at is None:
            raise Conflict("Nobody acknowledged this hand-over.")
        return replace(self, responsible=accepted.target)

    def close(self, now: datetime) -> Pathway:
        """End the follow-up. Raises Conflict the second time."""
        self.require_open()
        return replace(self, closed_at=now)

    def to_wire(self) -> dict[str, Any]:
        """The facts of *Pathway* of docs/protocol.md that need no look-up."""
        return {
            "id": self.id,
            "code": self.code,
            "title": self.title,
            "room": self.room,
            "state": self.state.value,
            "hospital": self.hospital,
            "responsible": self.responsible,
            "zone": self.zone,
            "discharged_on": self.discharged_on.isoformat(),
            "opened_at": rfc3339(self.opened_at),
            "closed_at": rfc3339(self.closed_at) if self.closed_at else None,
        }


def require_discharge(day: date, today: date) -> date:
    """The day itself. Raises Invalid for days to come and long gone."""
    if not EARLIEST_DISCHARGE <= day <= today:
        raise Invalid("The day of discharge is today or before.", path="discharged_on")
    return day


def organisations_as(user: User, *roles: Role) -> frozenset[str]:
    """Where a person has one of the roles."""
    return frozenset(held.organisation for held in user.roles if held.role in roles)


def abilities(
    user: User, pathway: Pathway, offered_to: str | None, seat: RoomRole | None
) -> frozenset[Ability] | None:
    """What a person may do; None for strangers, who may not even know that it exists.

    `seat` is the person's role in the pathway's room, `offered_to` whom a hand-over waits for.
    """
    manages = organisations_as(user, Role.CASE_MANAGER)
    found: set[Ability] = set()
    if pathway.responsible in manages:
        found |= {Ability.BOOK, Ability.RECORD, Ability.STEER}
    if pathway.hospital in manages:
        found |= {Ability.BOOK, Ability.RECORD}
    if offered_to in manages:
        found.add(Ability.ACKNOWLEDGE)
    if user.id == pathway.gp:
        found.add(Ability.VISIT)
    is_team = seat in {RoomRole.HOST, RoomRole.MEMBER}
    books = organisations_as(user, Role.BOOKING_CLERK)
    if books & {pathway.hospital, pathway.responsible} or (books and is_team):
        found.add(Ability.BOOK)
    if is_team and organisations_as(user, *_CLINICIANS):
        found.add(Ability.RECORD)
    return frozenset(found) if found or seat is not None else None


@dataclass(frozen=True, slots=True)
class Figure:
    """Visits whose window ended in a month (or that were held before), at one hospital."""

    hospital: str
    year: int
    month: int
    due: int
    on_time: int
    late: int

    def to_wire(self) -> dict[str, Any]:
        """*Figure* of docs/protocol.md, without the hospital's name."""
        return {
            "hospital": self.hospital,
            "month": f"{self.year:04}-{self.month:02}",
            "due": self.due,
            "on_time": self.on_time,
            "late": self.late,
            "not_held": self.due - self.on_time - self.late,
        }


def code_of(letters: str) -> str:
    """What people say to each other instead of a name, `FU-7K3M9Q`."""
    return f"FU-{letters.upper()[:6]}"
