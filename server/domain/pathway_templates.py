"""Templates of follow-up: which visits a pathway asks for, when, how and by whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self

from server.domain.errors import Conflict, Invalid
from server.domain.instants import rfc3339
from server.domain.texts import storable
from server.domain.windows import Offset, Unit, Window, require_margin, require_zone

NAME_LIMIT = 120
SPECIALTY_LIMIT = 80
STEPS_LIMIT = 40


class Mode(StrEnum):
    """How a visit is held."""

    IN_PERSON = "in_person"
    VIDEO = "video"


class Performer(StrEnum):
    """Who holds a visit."""

    HOSPITAL = "hospital"
    GP = "gp"


@dataclass(frozen=True, slots=True)
class Step:
    """One visit to come: its kind, when after discharge, how, and by whom."""

    title: str
    offset: Offset
    early_days: int
    late_days: int
    mode: Mode
    performer: Performer
    specialty: str | None = None

    @classmethod
    def of(
        cls,
        title: str,
        offset: Offset,
        margins: tuple[int, int],
        mode: Mode,
        performer: Performer,
        specialty: str | None,
    ) -> Self:
        """Normalise; margins are days before and after. Raises Invalid."""
        specialty = " ".join((specialty or "").split()) or None
        if (performer is Performer.HOSPITAL) != (specialty is not None):
            raise Invalid("A hospital's visit names its specialty, a GP's none.", path="specialty")
        if specialty is not None:
            specialty = words(specialty, SPECIALTY_LIMIT, "specialty")
        early = require_margin(margins[0], "early_days")
        late = require_margin(margins[1], "late_days")
        title = words(title, NAME_LIMIT, "title")
        return cls(title, offset, early, late, mode, performer, specialty)

    def target(self, discharged_on: date) -> date:
        """The day it aims at."""
        return self.offset.after(discharged_on)

    def window(self, discharged_on: date) -> Window:
        """The days on which it is in time."""
        return Window.around(
            self.target(discharged_on), self.early_days, self.late_days, not_before=discharged_on
        )

    def to_wire(self) -> dict[str, Any]:
        """*Step* of docs/protocol.md."""
        return {
            "title": self.title,
            "offset": self.offset.to_wire(),
            "early_days": self.early_days,
            "late_days": self.late_days,
            "mode": self.mode.value,
            "performer": self.performer.value,
            "specialty": self.specialty,
        }

    @classmethod
    def from_wire(cls, wire: dict[str, Any]) -> Self:
        """Read back what `to_wire` wrote."""
        offset = Offset(wire["offset"]["count"], Unit(wire["offset"]["unit"]))
        return cls(
            wire["title"],
            offset,
            wire["early_days"],
            wire["late_days"],
            Mode(wire["mode"]),
            Performer(wire["performer"]),
            wire["specialty"],
        )


@dataclass(frozen=True, slots=True)
class Template:
    """A named plan of follow-up; pathways copy it, so that a revision changes none of them."""

    id: str
    name: str
    zone: str
    steps: tuple[Step, ...]
    created_by: str
    created_at: datetime
    retired_at: datetime | None = None

    @classmethod
    def create(
        cls, template_id: str, name: str, zone: str, steps: Sequence[Step], by: str, now: datetime
    ) -> Self:
        """A new one. Raises Invalid on odd names, zones and numbers of steps."""
        return cls(
            template_id,
            words(name, NAME_LIMIT, "name"),
            require_zone(zone),
            _steps(steps),
            by,
            now,
        )

    @property
    def needs_gp(self) -> bool:
        """Whether some visit is the GP's."""
        return any(step.performer is Performer.GP for step in self.steps)

    def require_current(self) -> None:
        """Raise Conflict when it was retired."""
        if self.retired_at is not None:
            raise Conflict("This template was retired.")

    def revise(self, name: str, zone: str, steps: Sequence[Step]) -> Template:
        """The same with other words and steps. Raises Conflict when retired, Invalid."""
        self.require_current()
        name = words(name, NAME_LIMIT, "name")
        return replace(self, name=name, zone=require_zone(zone), steps=_steps(steps))

    def retire(self, now: datetime) -> Template:
        """No new pathway from it. Raises Conflict the second time."""
        self.require_current()
        return replace(self, retired_at=now)

    def to_wire(self) -> dict[str, Any]:
        """*Template* of docs/protocol.md."""
        return {
            "id": self.id,
            "name": self.name,
            "zone": self.zone,
            "steps": [step.to_wire() for step in self.steps],
            "created_at": rfc3339(self.created_at),
            "retired_at": rfc3339(self.retired_at) if self.retired_at else None,
        }


def words(text: str, limit: int, path: str) -> str:
    """One line of 1 to `limit` characters. Raises Invalid."""
    text = " ".join(text.split())
    if not 0 < len(text) <= limit:
        raise Invalid(f"This must have 1 to {limit} characters.", path=path)
    return storable(text, path)


def _steps(steps: Sequence[Step]) -> tuple[Step, ...]:
    if not 0 < len(steps) <= STEPS_LIMIT:
        raise Invalid("A template has 1 to 40 steps.", path="steps")
    return tuple(steps)
