"""Boards (MDT meetings, RCP): who meets when, as what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from server.domain.errors import Conflict, Forbidden, Invalid, LimitExceeded
from server.domain.instants import rfc3339
from server.domain.specialties import Specialty
from server.domain.texts import storable

TITLE_LIMIT = 120
DURATION_LIMIT_MINUTES = 720
PARTICIPANTS_LIMIT = 40


class CaseIsOpen(Conflict):
    """One case at a time, and nobody's specialty changes during it."""

    code = "case-open"
    message = "A case is being discussed: close it first."


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody who sits on a board; `qualification` is the profession of that day."""

    person: str
    name: str
    qualification: str
    specialty: Specialty

    def to_wire(self) -> dict[str, Any]:
        """`{person, name, qualification, specialty}`."""
        return {
            "person": self.person,
            "name": self.name,
            "qualification": self.qualification,
            "specialty": self.specialty.value,
        }


@dataclass(frozen=True, slots=True)
class Board:
    """One meeting, which owns a room."""

    id: str
    room: str
    title: str
    starts_at: datetime
    duration_minutes: int
    coordinator: str
    created_by: str
    created_at: datetime
    participants: tuple[Participant, ...]

    @classmethod
    def create(
        cls,
        board_id: str,
        room_id: str,
        by: str,
        now: datetime,
        *,
        title: str,
        starts_at: datetime,
        duration_minutes: int,
        coordinator: str,
        participants: Iterable[Participant],
    ) -> Self:
        """Call a meeting. Raises Invalid, LimitExceeded."""
        board = cls(
            board_id,
            room_id,
            _title(title),
            starts_at,
            _duration(duration_minutes),
            coordinator,
            by,
            now,
            tuple(participants),
        )
        board._require_sound()
        return board

    def change(
        self,
        *,
        title: str | None = None,
        starts_at: datetime | None = None,
        duration_minutes: int | None = None,
        participants: tuple[Participant, ...] | None = None,
    ) -> Board:
        """Apply what is given. Raises Invalid, LimitExceeded."""
        changed = replace(
            self,
            title=self.title if title is None else _title(title),
            starts_at=starts_at or self.starts_at,
            duration_minutes=_duration(duration_minutes or self.duration_minutes),
            participants=self.participants if participants is None else participants,
        )
        changed._require_sound()
        return changed

    def in_room(self, room_id: str) -> Board:
        """The same, owning a room."""
        return replace(self, room=room_id)

    @property
    def ends_at(self) -> datetime:
        """When it should be over."""
        return self.starts_at + timedelta(minutes=self.duration_minutes)

    @property
    def people(self) -> tuple[str, ...]:
        """Whom news of the board concern."""
        return tuple(dict.fromkeys((*(one.person for one in self.participants), self.created_by)))

    def participant(self, person: str) -> Participant | None:
        """Somebody of the board."""
        return next((one for one in self.participants if one.person == person), None)

    def is_organiser(self, person: str) -> bool:
        """The coordinator, or the secretary who called the meeting."""
        return person in (self.coordinator, self.created_by)

    def require_organiser(self, person: str) -> None:
        """Raise Forbidden."""
        if not self.is_organiser(person):
            raise Forbidden(needs="organiser")

    def require_coordinator(self, person: str) -> None:
        """Raise Forbidden."""
        if person != self.coordinator:
            raise Forbidden(needs="coordinator")

    def require_presenter(self, person: str) -> None:
        """Raise Invalid for strangers to the board."""
        if self.participant(person) is None:
            raise Invalid("The presenter must sit on the board.", path="presenter")

    def to_wire(self) -> dict[str, Any]:
        """*Board* of docs/protocol.md, without its cases."""
        return {
            "id": self.id,
            "room": self.room,
            "title": self.title,
            "starts_at": rfc3339(self.starts_at),
            "duration_minutes": self.duration_minutes,
            "coordinator": self.coordinator,
            "created_by": self.created_by,
            "participants": [one.to_wire() for one in self.participants],
        }

    def _require_sound(self) -> None:
        people = [one.person for one in self.participants]
        if len(people) > PARTICIPANTS_LIMIT:
            raise LimitExceeded(limit="participants")
        if len(set(people)) < len(people):
            raise Invalid("Somebody sits on the board twice.", path="participants")
        coordinator = self.participant(self.coordinator)
        if coordinator is None or not coordinator.specialty.is_medical:
            raise Invalid("The coordinator must be a physician of the board.", path="coordinator")


def _title(title: str) -> str:
    title = " ".join(title.split())
    if not 0 < len(title) <= TITLE_LIMIT:
        raise Invalid("The title must have 1 to 120 characters.", path="title")
    return storable(title, "title")


def _duration(minutes: int) -> int:
    if not 0 < minutes <= DURATION_LIMIT_MINUTES:
        raise Invalid("The duration must be 1 to 720 minutes.", path="duration_minutes")
    return minutes
