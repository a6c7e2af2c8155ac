"""A televisit as its clinician and colleagues in its room see it, and what they may do now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.domain.access import Actor
from server.domain.accounts import User
from server.domain.errors import Forbidden, NotFound
from server.domain.instants import rfc3339
from server.domain.invitations import Invitation
from server.domain.memberships import Membership, MembershipState
from server.domain.patients import Patient
from server.domain.reports import ReportKind
from server.domain.televisit_records import Link
from server.domain.televisits import ARRIVED, BEFORE_CALL, State, Televisit
from server.domain.texts import is_storable
from server.services.ports.unit_of_work import UnitOfWork
from server.services.qualifications import account_of


@dataclass(frozen=True, slots=True)
class Insight:
    """Somebody's proven way to a televisit."""

    televisit: Televisit
    user: User

    @property
    def is_clinician(self) -> bool:
        """Whose visit it is."""
        return self.user.id == self.televisit.clinician

    def require_clinician(self) -> None:
        """Raise Forbidden for colleagues who may only look."""
        if not self.is_clinician:
            raise Forbidden


async def insight(
    uow: UnitOfWork, actor: Actor, televisit: str, *, locked: bool = False
) -> Insight:
    """The only way to a televisit. Raises NotFound for strangers and missing ones alike."""
    user = await account_of(uow, actor)
    if not is_storable(televisit):
        raise NotFound
    found = await (uow.televisits.lock if locked else uow.televisits.find)(televisit)
    return await into(uow, user, found)


async def into(uow: UnitOfWork, user: User, found: Televisit | None) -> Insight:
    """The same for one that was found otherwise."""
    if found is None:
        raise NotFound
    if found.clinician != user.id:
        member = await uow.memberships.find(found.room, user.id)
        if member is None or member.state is not MembershipState.ACTIVE:
            raise NotFound
    return Insight(found, user)


@dataclass(frozen=True, slots=True)
class Sight:
    """All of a televisit that its viewer may read."""

    seen: Insight
    patient: Patient
    links: Sequence[Link]
    invitations: Mapping[str, Invitation]
    guests: Sequence[Membership]
    report: str | None

    @property
    def powers(self) -> list[str]:
        """What the viewer may do now, by the names of the routes."""
        if not self.seen.is_clinician:
            return []
        state = self.seen.televisit.state
        has_arrived, is_before = state in ARRIVED, state in BEFORE_CALL
        rules = {
            "link": is_before or state is State.IN_PROGRESS,
            "identify": has_arrived,
            "consent": has_arrived and self.seen.televisit.identity is not None,
            "begin": state is State.IDENTIFIED,
            "conclude": state in (State.IN_PROGRESS, State.REPORT_PENDING),
            "cancel": is_before,
            "not-attended": is_before,
        }
        return [name for name, holds in rules.items() if holds]

    def to_wire(self) -> dict[str, Any]:
        """*Televisit* of docs/protocol.md."""
        one = self.seen.televisit
        said = one.verdict
        return {
            **summary(one, self.patient),
            "identity": one.identity.to_wire() if one.identity else None,
            "consent": one.consent.to_wire() if one.consent else None,
            "link_quality": said.link_quality.value if said.link_quality else None,
            "suitable": said.suitable,
            "note": said.note,
            "measured": said.measured.to_wire() if said.measured else None,
            "report": self.report,
            "links": [_link(link, self.invitations[link.invitation]) for link in self.links],
            "guests": [_guest(guest, self.links) for guest in self.guests],
            "may": self.powers,
        }


def summary(one: Televisit, patient: Patient) -> dict[str, Any]:
    """What the agenda tells."""
    return {
        "id": one.id,
        "room": one.room,
        "title": one.title,
        "state": one.state.value,
        "clinician": {"id": one.clinician, "name": one.clinician_name},
        "patient": patient.to_wire(),
        "reason": one.reason,
        "starts_at": rfc3339(one.starts_at),
        "duration_minutes": one.minutes,
        "arrived_at": rfc3339(one.arrived_at) if one.arrived_at else None,
        "started_at": rfc3339(one.started_at) if one.started_at else None,
        "concluded_at": rfc3339(one.concluded_at) if one.concluded_at else None,
    }


async def sight(uow: UnitOfWork, seen: Insight) -> Sight:
    """Read the rest of it."""
    one = seen.televisit
    patient = await uow.patients.find(one.patient)
    if patient is None:
        raise NotFound
    report = await uow.reports.of_subject(ReportKind.TELEVISIT, one.id)
    invitations = {each.id: each for each in await uow.invitations.of_room(one.room)}
    links = await uow.televisits.links(one.id)
    guests = [each for each in await uow.memberships.of_room(one.room) if each.is_guest]
    return Sight(seen, patient, links, invitations, guests, report.id if report else None)


def _link(link: Link, invitation: Invitation) -> dict[str, Any]:
    used, revoked = invitation.used_at, invitation.revoked_at
    return {
        "invitation": link.invitation,
        "guest": link.guest.value,
        "name": invitation.name,
        "expires_at": rfc3339(invitation.expires_at),
        "used_at": rfc3339(used) if used else None,
        "revoked_at": rfc3339(revoked) if revoked else None,
    }


def _guest(member: Membership, links: Sequence[Link]) -> dict[str, Any]:
    came_by = member.person.removeprefix("guest:")
    return {
        "person": member.person,
        "name": member.name,
        "guest": next((one.guest.value for one in links if one.invitation == came_by), None),
        "state": member.state.value,
    }
