"""Who may what: organisation roles, room roles and the grants inside a room."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from server.domain.errors import EnrolmentRequired, Forbidden


class Role(StrEnum):
    """What a person is in an organisation."""

    SPECIALIST = "specialist"
    RADIOLOGIST = "radiologist"
    NURSE = "nurse"
    GP = "gp"
    CASE_MANAGER = "case_manager"
    BOOKING_CLERK = "booking_clerk"
    PSYCHOLOGIST = "psychologist"
    TECHNICIAN = "technician"
    INTEGRATOR = "integrator"
    ADMINISTRATOR = "administrator"


class RoomRole(StrEnum):
    """What a person is in a room."""

    HOST = "host"
    MEMBER = "member"
    GUEST = "guest"
    OBSERVER = "observer"


class Source(StrEnum):
    """What a person may publish."""

    CAMERA = "camera"
    MICROPHONE = "microphone"
    SCREEN = "screen"
    SCREEN_AUDIO = "screen_audio"


class Ability(StrEnum):
    """What a grant allows besides publishing."""

    SUBSCRIBE = "subscribe"
    CHAT = "chat"
    DOCUMENTS = "documents"
    MODERATE = "moderate"
    PRESENT = "present"
    RECORD = "record"


@dataclass(frozen=True, slots=True)
class Grants:
    """What a person may do in one room (the `grants` claim of a room token)."""

    publish: frozenset[Source] = frozenset()
    abilities: frozenset[Ability] = frozenset()

    @classmethod
    def of(cls, publish: Iterable[str] = (), abilities: Iterable[str] = ()) -> Self:
        """Build from wire words. Raises ValueError on an unknown one."""
        return cls(frozenset(map(Source, publish)), frozenset(map(Ability, abilities)))

    @classmethod
    def from_wire(cls, wire: dict[str, object]) -> Self:
        """Parse `{publish: […], subscribe: bool, …}`. Raises ValueError when malformed."""
        publish = wire.get("publish", [])
        if not isinstance(publish, list):
            raise ValueError("publish must be a list")
        return cls.of(map(str, publish), [a for a in Ability if wire.get(a) is True])

    def to_wire(self) -> dict[str, object]:
        """The JSON shape of docs/protocol.md §2.1."""
        wire: dict[str, object] = {"publish": sorted(self.publish)}
        return wire | {ability.value: ability in self.abilities for ability in Ability}

    def __and__(self, other: Grants) -> Grants:
        return Grants(self.publish & other.publish, self.abilities & other.abilities)

    def require(self, *abilities: Ability) -> None:
        """Raise Forbidden unless each ability is granted."""
        for ability in abilities:
            if ability not in self.abilities:
                raise Forbidden(needs=ability.value)


_CAMERA_AND_MICROPHONE = (Source.CAMERA, Source.MICROPHONE)
_TALK = (Ability.SUBSCRIBE, Ability.CHAT)

ROLE_GRANTS = {
    RoomRole.HOST: Grants(frozenset(Source), frozenset(Ability)),
    RoomRole.MEMBER: Grants(
        frozenset(Source), frozenset({*_TALK, Ability.DOCUMENTS, Ability.PRESENT})
    ),
    RoomRole.GUEST: Grants(frozenset(_CAMERA_AND_MICROPHONE), frozenset(_TALK)),
    RoomRole.OBSERVER: Grants(frozenset(), frozenset({Ability.SUBSCRIBE})),
}


@dataclass(frozen=True, slots=True)
class RoomTicket:
    """What a verified room token says: one room, one person, grants at minting."""

    room: str
    role: RoomRole
    grants: Grants
    token_id: str


@dataclass(frozen=True, slots=True)
class Actor:
    """The authenticated caller. `person` is a user id, or `guest:<invitation id>`."""

    person: str
    name: str
    session: str | None = None
    is_administrator: bool = False
    may_only_enrol: bool = False
    ticket: RoomTicket | None = None

    @property
    def is_guest(self) -> bool:
        """A person without an account, here by invitation."""
        return self.person.startswith("guest:")

    def require_account(self) -> None:
        """Raise Forbidden for guests, room tokens and sessions that must enrol first."""
        if self.is_guest or self.ticket is not None:
            raise Forbidden
        if self.may_only_enrol:
            raise EnrolmentRequired

    def require_administrator(self) -> None:
        """Raise Forbidden unless an administrator calls with an access token."""
        self.require_account()
        if not self.is_administrator:
            raise Forbidden
