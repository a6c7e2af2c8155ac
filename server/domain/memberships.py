"""Who is in a room, as what, and how that may change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from server.domain.access import ROLE_GRANTS, Ability, Grants, RoomRole
from server.domain.errors import Conflict, Forbidden, Invalid, LimitExceeded
from server.domain.rooms import PEOPLE_LIMIT, Room
from server.domain.texts import storable
from server.domain.timeline import Sender

NAME_LIMIT = 120


class Waiting(Conflict):
    """Still in the lobby."""

    code = "waiting"
    message = "Please wait: the host will let you in."


class NotWaiting(Conflict):
    """Nobody waits under this name."""

    message = "This person is not waiting."


class AlreadyMember(Conflict):
    """In the room already."""

    message = "This person is in the room already."


class NobodyLeft(Conflict):
    """A room needs somebody who may moderate it."""

    message = "Make somebody else host first."


class MembershipState(StrEnum):
    """Where a person stands in a room."""

    ACTIVE = "active"
    WAITING = "waiting"
    REFUSED = "refused"
    REMOVED = "removed"


COUNTED = frozenset({MembershipState.ACTIVE, MembershipState.WAITING})


@dataclass(frozen=True, slots=True)
class Membership:
    """One person in one room."""

    room: str
    person: str
    name: str
    role: RoomRole
    grants: Grants
    state: MembershipState
    added_at: datetime
    delivered: int = 0
    read: int = 0

    @property
    def is_guest(self) -> bool:
        """Here by invitation, without an account."""
        return self.person.startswith("guest:")

    @property
    def is_moderator(self) -> bool:
        """In the room and able to run it."""
        return self.state is MembershipState.ACTIVE and Ability.MODERATE in self.grants.abilities

    @property
    def sender(self) -> Sender:
        """As the timeline names this person."""
        return Sender(self.person, self.name)

    def admit(self) -> Membership:
        """Let in from the lobby; a refusal may be taken back. Raises NotWaiting."""
        if self.state not in (MembershipState.WAITING, MembershipState.REFUSED):
            raise NotWaiting
        return replace(self, state=MembershipState.ACTIVE)

    def refuse(self) -> Membership:
        """Turn away from the lobby. Raises NotWaiting."""
        if self.state is not MembershipState.WAITING:
            raise NotWaiting
        return replace(self, state=MembershipState.REFUSED)

    def restore(self, name: str, role: RoomRole, now: datetime) -> Membership:
        """Take back who was removed, refused or waits. Raises AlreadyMember."""
        if self.state is MembershipState.ACTIVE:
            raise AlreadyMember
        back = active(self.room, self.person, name, role, now)
        return replace(back, delivered=self.delivered, read=self.read)

    def remove(self) -> Membership:
        """End it, from any state."""
        return replace(self, state=MembershipState.REMOVED)

    def change(self, role: RoomRole | None, grants: Grants | None) -> Membership:
        """A new role brings its grants unless others are given. A host always moderates."""
        role = role or self.role
        grants = grants or (ROLE_GRANTS[role] if role is not self.role else self.grants)
        if role is RoomRole.HOST and Ability.MODERATE not in grants.abilities:
            raise Invalid("A host moderates.", path="grants")
        return replace(self, role=role, grants=grants)

    def to_wire(self) -> dict[str, Any]:
        """*Member* of docs/protocol.md §3."""
        return {
            "person": self.person,
            "name": self.name,
            "role": self.role.value,
            "grants": self.grants.to_wire(),
            "state": self.state.value,
            "is_guest": self.is_guest,
        }

    def describe(self) -> dict[str, Any]:
        """What the lobby's events tell."""
        return {"person": self.person, "name": self.name, "role": self.role.value}


@dataclass(frozen=True, slots=True)
class Access:
    """A person's proven way into a room; `grants` are the membership's now ∩ the ticket's."""

    room: Room
    membership: Membership
    grants: Grants

    def require_entrance(self, *, is_present: bool = False) -> None:
        """Raise RoomClosed, Waiting, Forbidden or RoomLocked.

        Who is present already, or moderates, may (re)join a locked room.
        """
        self.room.require_open()
        if self.membership.state is MembershipState.WAITING:
            raise Waiting(room=self.room.id)
        if self.membership.state is not MembershipState.ACTIVE:
            raise Forbidden
        if not is_present and not self.membership.is_moderator:
            self.room.require_unlocked()

    def require_host_over(self, *roles: RoomRole) -> None:
        """Raise Forbidden when a host is touched or made by somebody who is not one."""
        if RoomRole.HOST in roles and self.membership.role is not RoomRole.HOST:
            raise Forbidden(needs="host")


def active(room: str, person: str, name: str, role: RoomRole, now: datetime) -> Membership:
    """Somebody in the room with the role's grants."""
    name = display_name(name)
    state = MembershipState.ACTIVE
    return Membership(room, person, name, role, ROLE_GRANTS[role], state, now)


def waiting(room: str, person: str, name: str, role: RoomRole, now: datetime) -> Membership:
    """Somebody in the lobby."""
    return replace(active(room, person, name, role, now), state=MembershipState.WAITING)


def display_name(name: str) -> str:
    """A name in one line. Raises Invalid when it is empty or too long."""
    name = " ".join(name.split())
    if not 0 < len(name) <= NAME_LIMIT:
        raise Invalid("The name must have 1 to 120 characters.", path="name")
    return storable(name, "name")


def require_space(people: int) -> None:
    """Raise LimitExceeded when one more would be too many."""
    if people >= PEOPLE_LIMIT:
        raise LimitExceeded(limit="people")


def require_moderator(members: Iterable[Membership]) -> None:
    """Raise NobodyLeft unless somebody may run the room."""
    if not any(member.is_moderator for member in members):
        raise NobodyLeft
