"""Putting a case to an expert centre: told, read, supplemented, taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from server.domain.access import Actor, Role
from server.domain.consultations import ClinicalCase, Consultation, State, initials
from server.domain.deadlines import Deadline
from server.domain.errors import NotFound
from server.domain.patients import Identity, Patient
from server.domain.rooms import RoomKind
from server.domain.texts import is_storable
from server.domain.timeline import EventType, Sender
from server.services.case_rooms import close_room, open_room, seat
from server.services.centres import centres_of
from server.services.consultation_moves import announce, settle, standing
from server.services.consultation_views import (
    Sight,
    insight,
    into,
    names_of_organisations,
    sight,
)
from server.services.patients import identify
from server.services.ports.clock import Clock, Fresh
from server.services.ports.consultations import Wanted
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import account_of, qualified

REQUESTERS = (Role.SPECIALIST, Role.RADIOLOGIST)
PAGE_MOST = 100
_CODE_LETTERS = 6


class Part(StrEnum):
    """What the caller is in the consultations wanted."""

    REQUESTER = "requester"
    CENTRE = "centre"
    DOCTOR = "doctor"


@dataclass(frozen=True, slots=True)
class Describe:
    """A new case."""

    name: str
    birth_date: date
    identifier: str
    diagnosis: str
    question: str
    prior_treatment: str = ""


@dataclass(frozen=True, slots=True)
class ConsultationsPage:
    """Some consultations, newest first, and what is needed to show them."""

    items: Sequence[Consultation]
    patients: Mapping[str, Patient]
    organisations: Mapping[str, str]
    next: str | None


class Consultations:
    """Use cases of cases."""

    def __init__(self, database: Database, clock: Clock, fresh: Fresh) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh

    async def describe(self, actor: Actor, told: Describe) -> Sight:
        """Tell a case; its room opens without documents. Raises PatientMismatch, Invalid."""
        now = self._clock.now()
        who = Identity.of(told.name, told.birth_date, told.identifier, now.date())
        case = ClinicalCase.of(told.diagnosis, told.question, told.prior_treatment)
        number = self._fresh.id()
        title = f"{initials(who.name)} · {number[-_CODE_LETTERS:].upper()}"
        async with self._database.transaction() as uow:
            user = await qualified(uow, actor, *REQUESTERS)
            patient = await identify(uow, who, self._fresh)
            room = await open_room(uow, RoomKind.CONSULTATION, title, user, (), now, self._fresh)
            one = Consultation(
                number, room.id, title, user.id, user.name, patient.id, case, now
            ).described(user.name)
            await uow.consultations.add(one)
            sender, (role, grants) = Sender(user.id, user.name), standing(one, user.id)
            await seat(uow, room.id, user.id, user.name, role, sender, now, self._fresh, grants)
            event = EventType.CONSULTATION_DESCRIBED
            await announce(uow, one, event, sender, now, self._fresh)
            return await sight(uow, await into(uow, user, one), now)

    async def get(self, actor: Actor, consultation: str) -> Sight:
        """One of them. Raises NotFound for strangers."""
        now = self._clock.now()
        async with self._database.reading() as uow:
            return await sight(uow, await insight(uow, actor, consultation), now)

    async def of_room(self, actor: Actor, room: str) -> Sight:
        """The one whose room this is. Raises NotFound for strangers."""
        now = self._clock.now()
        async with self._database.reading() as uow:
            user = await account_of(uow, actor)
            found = await uow.consultations.of_room(room) if is_storable(room) else None
            if found is None:
                raise NotFound
            return await sight(uow, await into(uow, user, found), now)

    async def list(
        self, actor: Actor, part: Part, states: frozenset[State], before: str | None, limit: int
    ) -> ConsultationsPage:
        """Those in which the caller plays a part, newest first."""
        async with self._database.reading() as uow:
            user = await account_of(uow, actor)
            wanted = Wanted(
                requester=user.id if part is Part.REQUESTER else None,
                doctor=user.id if part is Part.DOCTOR else None,
                centres=await centres_of(uow, user) if part is Part.CENTRE else None,
                states=states,
                before=before,
                limit=limit + 1,
            )
            found = await uow.consultations.list(wanted)
            page = found[:limit]
            patients = await uow.patients.named([one.patient for one in page])
            organisations = await names_of_organisations(uow)
        following = page[-1].id if len(found) > limit else None
        return ConsultationsPage(page, patients, organisations, following)

    async def supplement(self, actor: Actor, consultation: str, text: str) -> Sight:
        """Add to one's case. Raises WrongStep, Forbidden, Invalid."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            seen = await insight(uow, actor, consultation, locked=True)
            seen.require(seen.is_requester)
            moved = seen.consultation.supplement(text, seen.user.name, now)
            await settle(uow, seen.consultation, moved, seen.user, now, self._fresh)
            return await sight(uow, await into(uow, seen.user, moved), now)

    async def cancel(self, actor: Actor, consultation: str, reason: str) -> Sight:
        """Take one's case back: slot and room end. Raises WrongStep, Forbidden."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            seen = await insight(uow, actor, consultation, locked=True)
            seen.require(seen.is_requester)
            moved = seen.consultation.cancel(reason, seen.user.name, now)
            await uow.slots.release(moved.id)
            await settle(uow, seen.consultation, moved, seen.user, now, self._fresh)
            return await sight(uow, await into(uow, seen.user, moved), now)

    async def close(self, uow: UnitOfWork, due: Deadline, now: datetime) -> None:
        """End the room of a consultation that was concluded a while ago."""
        one = await uow.consultations.lock(due.subject)
        if one is not None and one.state is State.CONCLUDED:
            await close_room(uow, one.room, None, now, self._fresh)
