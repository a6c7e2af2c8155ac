"""Quorum of a case: who was there for the whole of it, and how many specialties that makes.

Source: INCa, *Référentiel organisationnel national: réunions de concertation pluridisciplinaire*,
and HAS, *RCP en cancérologie*: an advice needs physicians of at least three different specialties
who are present for that case. The rule here (hazard 17):

- a person counts who is in the call from the opening of the case to its decision;
- an absence of no more than 30 seconds that ended before the decision is a reconnection, not an
  absence: browsers lose their network;
- whoever is out of the call at the decision does not count, however short the absence;
- a specialty counts once, and only a medical one counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from server.domain.boards import Participant
from server.domain.specialties import Specialty
from server.domain.timeline import Event, EventType

SPECIALTIES_NEEDED = 3
RECONNECTION = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Interval:
    """A stay in the call; without an end it goes on."""

    start: datetime
    end: datetime | None = None


class Presence(StrEnum):
    """How much of a case somebody was there for."""

    WHOLE = "whole"
    PART = "part"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Attendee:
    """A participant and how much of the case they were there for."""

    person: str
    name: str
    qualification: str
    specialty: Specialty
    presence: Presence

    def to_wire(self) -> dict[str, Any]:
        """`{person, name, qualification, specialty, presence}`."""
        return {
            "person": self.person,
            "name": self.name,
            "qualification": self.qualification,
            "specialty": self.specialty.value,
            "presence": self.presence.value,
        }

    @classmethod
    def of_wire(cls, wire: Mapping[str, Any]) -> Self:
        """What `to_wire` wrote."""
        words = {"specialty": Specialty(wire["specialty"]), "presence": Presence(wire["presence"])}
        return cls(**{**wire, **words})


@dataclass(frozen=True, slots=True)
class Quorum:
    """Who attended a case."""

    attendees: tuple[Attendee, ...]

    @property
    def specialties(self) -> tuple[Specialty, ...]:
        """The medical specialties that were there for the whole case."""
        there = {
            one.specialty
            for one in self.attendees
            if one.presence is Presence.WHOLE and one.specialty.is_medical
        }
        return tuple(sorted(there))

    @property
    def is_met(self) -> bool:
        """Whether the case may have a formal advice."""
        return len(self.specialties) >= SPECIALTIES_NEEDED

    def to_wire(self) -> dict[str, Any]:
        """*Quorum* of docs/protocol.md."""
        return {
            "met": self.is_met,
            "needed": SPECIALTIES_NEEDED,
            "specialties": [one.value for one in self.specialties],
            "attendees": [one.to_wire() for one in self.attendees],
        }

    @classmethod
    def of_wire(cls, wire: Mapping[str, Any]) -> Self:
        """What `to_wire` wrote."""
        return cls(tuple(map(Attendee.of_wire, wire["attendees"])))


def stays(events: Iterable[Event]) -> Mapping[str, Sequence[Interval]]:
    """When each person was in the call, from `call.joined` and `call.left` in their order.

    Somebody with two devices is there as long as one of them is.
    """
    devices: dict[str, set[str]] = {}
    found: dict[str, list[Interval]] = {}
    for event in events:
        person, peer = event.data["person"], event.data["peer"]
        here = devices.setdefault(person, set())
        mine = found.setdefault(person, [])
        was_here = bool(here)
        if event.type is EventType.CALL_JOINED:
            here.add(peer)
        else:
            here.discard(peer)
        if here and not was_here:
            mine.append(Interval(event.at))
        elif was_here and not here:
            mine[-1] = Interval(mine[-1].start, event.at)
    return found


def presence(stays: Iterable[Interval], opened: datetime, until: datetime) -> Presence:
    """How much of a case that began at `opened` and is decided at `until` these stays cover."""
    during = [one for one in stays if one.start < until and (one.end is None or one.end >= opened)]
    if not during:
        return Presence.ABSENT
    last = during[-1].end
    is_there_at_the_decision = last is None or last >= until
    edges = [opened, *(one.end for one in during[:-1] if one.end is not None)]
    gaps = [one.start - edge for edge, one in zip(edges, during, strict=True)]
    is_continuous = all(gap <= RECONNECTION for gap in gaps)
    return Presence.WHOLE if is_continuous and is_there_at_the_decision else Presence.PART


def quorum(
    participants: Iterable[Participant],
    stays: Mapping[str, Sequence[Interval]],
    opened: datetime,
    until: datetime,
) -> Quorum:
    """The quorum of a case, decided at `until`; while it is open, as if it were decided now."""
    return Quorum(
        tuple(
            Attendee(
                one.person,
                one.name,
                one.qualification,
                one.specialty,
                presence(stays.get(one.person, ()), opened, until),
            )
            for one in participants
        )
    )
