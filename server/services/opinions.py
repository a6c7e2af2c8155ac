"""Opinions of consulted doctors, and the requester's synthesis that ends the round."""

from __future__ import annotations

from server.domain.access import Actor, Role
from server.domain.accounts import Status
from server.domain.errors import Invalid, NotFound
from server.domain.opinions import AlreadySigned, Opinion, Outcome, Synthesis
from server.domain.texts import is_storable
from server.domain.timeline import EventType, Sender
from server.services.case_rooms import unseat
from server.services.consultation_moves import announce, ask, circle, settle, tell
from server.services.consultation_views import Insight, Sight, insight, into, sight
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import holds

DOCTORS = (Role.SPECIALIST, Role.RADIOLOGIST, Role.GP, Role.PSYCHOLOGIST)


class Opinions:
    """Use cases of opinions and syntheses."""

    def __init__(self, database: Database, clock: Clock, fresh: Fresh) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh

    async def invite(self, actor: Actor, consultation: str, person: str) -> Sight:
        """Ask one more doctor. Raises WrongStep, Forbidden, NotFound, Invalid."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            seen = await insight(uow, actor, consultation, locked=True)
            seen.require(seen.is_requester or seen.is_doctor)
            one = seen.consultation
            one.require_under_way()
            doctor = await uow.accounts.find(person) if is_storable(person) else None
            if doctor is None or doctor.status is not Status.ACTIVE:
                raise NotFound("There is no such person.")
            if person == one.requester or not holds(doctor, *DOCTORS):
                raise Invalid("Choose a doctor or psychologist.", path="person")
            sender = Sender(seen.user.id, seen.user.name)
            if await ask(uow, one, doctor, sender, now, self._fresh):
                event = EventType.CONSULTATION_DOCTOR_INVITED
                await announce(uow, one, event, sender, now, self._fresh, doctor=person)
                tell(uow, one, await circle(uow, one))
            return await sight(uow, await into(uow, seen.user, one), now)

    async def dismiss(self, actor: Actor, consultation: str, person: str) -> Sight:
        """Do without an invited doctor's opinion. Raises AlreadySigned, NotFound, Forbidden."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            seen = await insight(uow, actor, consultation, locked=True)
            one = seen.consultation
            one.require_under_way()
            seen.require(seen.is_requester or (seen.is_doctor and seen.user.id == person))
            if all(doctor.person != person for doctor in seen.doctors):
                raise NotFound
            seen.require(one.appointment is not None and one.appointment.expert != person)
            if (await self._opinion(uow, seen, person)).seal is not None:
                raise AlreadySigned
            told = await circle(uow, one)
            sender = Sender(seen.user.id, seen.user.name)
            await uow.opinions.unask(one.id, person)
            await unseat(uow, one.room, person, sender, now, self._fresh)
            event = EventType.CONSULTATION_DOCTOR_DISMISSED
            await announce(uow, one, event, sender, now, self._fresh, doctor=person)
            tell(uow, one, told)
            left = [doctor for doctor in seen.doctors if doctor.person != person]
            return await sight(
                uow, Insight(one, seen.user, left, seen.is_staff, seen.is_member), now
            )

    async def write(
        self,
        actor: Actor,
        consultation: str,
        text: str,
        position: Outcome | None,
        *,
        sign: bool = False,
    ) -> Sight:
        """Keep one's own draft, or sign it for good. Raises WrongStep, AlreadySigned, Invalid."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            seen = await insight(uow, actor, consultation, locked=True)
            seen.require(seen.is_doctor)
            one, user = seen.consultation, seen.user
            one.require_under_way()
            opinion = (await self._opinion(uow, seen, user.id)).write(text, position)
            if sign:
                opinion = opinion.sign(user.name, user.profession, now)
                event, sender = EventType.CONSULTATION_OPINION_SIGNED, Sender(user.id, user.name)
                await announce(uow, one, event, sender, now, self._fresh, doctor=user.id)
            await uow.opinions.save(opinion)
            tell(uow, one, await circle(uow, one))
            return await sight(uow, seen, now)

    async def synthesise(
        self,
        actor: Actor,
        consultation: str,
        text: str,
        disagreement: str,
        outcome: Outcome | None,
        *,
        final: bool = False,
    ) -> Sight:
        """Keep the requester's draft, or finalise it, which ends the round.

        Raises OpinionMissing, DisagreementUnstated, WrongStep, Forbidden, Invalid.
        """
        now = self._clock.now()
        async with self._database.transaction() as uow:
            seen = await insight(uow, actor, consultation, locked=True)
            seen.require(seen.is_requester)
            one, user = seen.consultation, seen.user
            one.require_under_way()
            draft = (await self._synthesis(uow, seen)).write(text, disagreement, outcome)
            if not final:
                await uow.opinions.save_synthesis(draft)
                return await sight(uow, seen, now)
            opinions = [each for each in await uow.opinions.of([one.id]) if each.round == one.round]
            asked = [doctor.person for doctor in seen.doctors]
            signed, reached = draft.finalise(asked, opinions, user.name, user.profession, now)
            await uow.opinions.save_synthesis(signed)
            moved = one.conclude(reached, user.name, now)
            await settle(uow, one, moved, user, now, self._fresh)
            return await sight(uow, await into(uow, user, moved), now)

    async def _opinion(self, uow: UnitOfWork, seen: Insight, doctor: str) -> Opinion:
        one = seen.consultation
        for known in await uow.opinions.of([one.id]):
            if (known.round, known.doctor) == (one.round, doctor):
                return known
        return Opinion(one.id, one.round, doctor)

    async def _synthesis(self, uow: UnitOfWork, seen: Insight) -> Synthesis:
        one = seen.consultation
        for known in await uow.opinions.syntheses([one.id]):
            if known.round == one.round:
                return known
        return Synthesis(one.id, one.round)
