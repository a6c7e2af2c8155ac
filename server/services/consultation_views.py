"""A consultation as one person sees it, and what that person may do with it now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from server.domain.access import Actor
from server.domain.accounts import User
from server.domain.consultations import ENDED, Consultation, State
from server.domain.errors import Forbidden, NotFound
from server.domain.instants import rfc3339
from server.domain.memberships import MembershipState
from server.domain.opinions import Doctor, Opinion, Synthesis
from server.domain.patients import Patient
from server.domain.texts import is_storable
from server.services.centres import centres_of
from server.services.ports.unit_of_work import UnitOfWork
from server.services.qualifications import account_of


@dataclass(frozen=True, slots=True)
class Insight:
    """Somebody's proven way to a consultation, and as what."""

    consultation: Consultation
    user: User
    doctors: Sequence[Doctor]
    is_staff: bool
    is_member: bool

    @property
    def is_requester(self) -> bool:
        """Whose case it is."""
        return self.user.id == self.consultation.requester

    @property
    def is_doctor(self) -> bool:
        """Whether this person's opinion is asked."""
        return any(one.person == self.user.id for one in self.doctors)

    def require(self, permitted: bool) -> None:
        """Raise Forbidden unless it is."""
        if not permitted:
            raise Forbidden


async def insight(
    uow: UnitOfWork, actor: Actor, consultation_id: str, *, locked: bool = False
) -> Insight:
    """The only way to a consultation. Raises NotFound for strangers and missing ones alike."""
    user = await account_of(uow, actor)
    if not is_storable(consultation_id):
        raise NotFound
    look = uow.consultations.lock if locked else uow.consultations.find
    found = await look(consultation_id)
    if found is None:
        raise NotFound
    return await into(uow, user, found)


async def into(uow: UnitOfWork, user: User, found: Consultation) -> Insight:
    """The same for one that was found otherwise."""
    doctors = await uow.opinions.doctors([found.id])
    at = found.appointment
    is_staff = at is not None and at.centre in await centres_of(uow, user)
    member = await uow.memberships.find(found.room, user.id)
    is_member = member is not None and member.state is MembershipState.ACTIVE
    seen = Insight(found, user, doctors, is_staff, is_member)
    if not (seen.is_requester or seen.is_doctor or is_staff or is_member):
        raise NotFound
    return seen


@dataclass(frozen=True, slots=True)
class Sight:
    """All of a consultation that its viewer may read."""

    seen: Insight
    patient: Patient
    opinions: Sequence[Opinion]
    syntheses: Sequence[Synthesis]
    organisations: Mapping[str, str]
    now: datetime

    @property
    def signed(self) -> frozenset[str]:
        """Who signed an opinion in this round."""
        turn = self.seen.consultation.round
        return frozenset(
            one.doctor for one in self.opinions if one.seal is not None and one.round == turn
        )

    @property
    def powers(self) -> list[str]:
        """What the viewer may do now, by the names of the routes."""
        one, seen = self.seen.consultation, self.seen
        is_open, is_confirmed = one.state not in ENDED, one.state is State.CONFIRMED
        is_booked = is_confirmed or one.state is State.REQUESTED
        answers = seen.is_staff and not seen.is_requester
        rules = {
            "book": seen.is_requester and is_open,
            "supplement": seen.is_requester and is_open,
            "cancel": seen.is_requester and is_open,
            "release": seen.is_requester and is_booked,
            "confirm": answers and one.state is State.REQUESTED,
            "decline": answers and is_booked,
            "invite": is_confirmed and (seen.is_requester or seen.is_doctor),
            "opinion": is_confirmed and seen.is_doctor and seen.user.id not in self.signed,
            "synthesis": is_confirmed and seen.is_requester,
            "join": seen.is_member and one.state is not State.CANCELLED,
            "calendar": one.appointment is not None,
            "pdf": bool(self.signed) or one.round > 1 or one.outcome is not None,
        }
        return [name for name, holds in rules.items() if holds]

    def after(self, moved: Consultation) -> Sight:
        """The same view once a move took the viewer's place in it away."""
        left = replace(self.seen, consultation=moved, doctors=(), is_staff=False, is_member=False)
        return replace(self, seen=left)

    def to_wire(self) -> dict[str, Any]:
        """*Consultation* of docs/protocol.md."""
        one, viewer = self.seen.consultation, self.seen.user.id
        written = {each.doctor for each in self.opinions if each.round == one.round}
        return {
            **summary(one, self.patient, self.organisations),
            "diagnosis": one.case.diagnosis,
            "question": one.case.question,
            "prior_treatment": one.case.prior_treatment,
            "documents_open": one.documents_open,
            "is_near": one.is_near(self.now),
            "steps": [step.to_wire() for step in one.steps],
            "doctors": [
                {
                    "person": doctor.person,
                    "name": doctor.name,
                    "qualification": doctor.qualification,
                    "organisation": doctor.organisation,
                    "is_expert": one.appointment is not None
                    and doctor.person == one.appointment.expert,
                    "opinion": "signed"
                    if doctor.person in self.signed
                    else ("draft" if doctor.person in written else "missing"),
                }
                for doctor in self.seen.doctors
            ],
            "opinions": [
                each.to_wire()
                for each in self.opinions
                if each.seal is not None or each.doctor == viewer
            ],
            "syntheses": [
                each.to_wire()
                for each in self.syntheses
                if each.seal is not None or self.seen.is_requester
            ],
            "may": self.powers,
        }


def summary(
    one: Consultation, patient: Patient, organisations: Mapping[str, str]
) -> dict[str, Any]:
    """What a list tells."""
    at = one.appointment
    booked = at and {
        "slot": at.slot,
        "centre": {"id": at.centre, "name": organisations.get(at.centre, "")},
        "expert": {"id": at.expert, "name": at.expert_name},
        "starts_at": rfc3339(at.starts_at),
        "minutes": at.minutes,
    }
    return {
        "id": one.id,
        "room": one.room,
        "title": one.title,
        "state": one.state.value,
        "round": one.round,
        "requester": {"id": one.requester, "name": one.requester_name},
        "patient": patient.to_wire(),
        "appointment": booked,
        "outcome": one.outcome.value if one.outcome else None,
        "created_at": rfc3339(one.created_at),
    }


async def sight(uow: UnitOfWork, seen: Insight, now: datetime) -> Sight:
    """Read the rest of it."""
    one = seen.consultation
    patient = await uow.patients.find(one.patient)
    if patient is None:
        raise NotFound
    return Sight(
        seen,
        patient,
        await uow.opinions.of([one.id]),
        await uow.opinions.syntheses([one.id]),
        await names_of_organisations(uow),
        now,
    )


async def names_of_organisations(uow: UnitOfWork) -> dict[str, str]:
    """By id."""
    return {one.id: one.name for one in await uow.organisations.all()}
