"""Links of a televisit: one alive for the patient, one for a caregiver, each single-use."""

from __future__ import annotations

from datetime import datetime

from server.domain.access import Actor, RoomRole
from server.domain.consultations import initials
from server.domain.errors import Invalid, NotFound
from server.domain.televisit_records import Guest, Link
from server.domain.televisits import Televisit
from server.domain.timeline import EventType, Sender
from server.services.case_rooms import unseat
from server.services.invitations import Invitations, Invited
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.televisit_moves import announce
from server.services.televisit_views import insight


class TelevisitLinks:
    """Use cases of a televisit's links."""

    def __init__(
        self, database: Database, clock: Clock, fresh: Fresh, invitations: Invitations
    ) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._invitations = invitations

    async def create(self, actor: Actor, televisit: str, guest: Guest, name: str | None) -> Invited:
        """A new link, told only now; the former one for the same guest ends with its access.

        Raises NotFound, Forbidden, WrongStep, Invalid.
        """
        now = self._clock.now()
        async with self._database.transaction() as uow:
            seen = await insight(uow, actor, televisit, locked=True)
            seen.require_clinician()
            one, sender = seen.televisit, Sender(seen.user.id, seen.user.name)
            one.require_before_end()
            shown = name or await self._initials(uow, one, guest)
            await self._end_former(uow, one, guest, sender, now)
            invited = await self._invitations.invite(
                uow,
                actor,
                one.room,
                name=shown,
                role=RoomRole.GUEST,
                expires_in=one.links_until - now,
                lobby=True,
            )
            await uow.televisits.add_link(Link(invited.invitation.id, one.id, guest))
            event, facts = EventType.TELEVISIT_LINKED, {"guest": guest.value}
            await announce(uow, one, event, sender, now, self._fresh, **facts)
            return invited

    async def _end_former(
        self, uow: UnitOfWork, one: Televisit, guest: Guest, by: Sender, now: datetime
    ) -> None:
        for link in await uow.televisits.links(one.id):
            former = await uow.invitations.find(link.invitation)
            if link.guest is guest and former is not None and former.revoked_at is None:
                await uow.invitations.revoke(former.revoke(now))
                trail = {"invitation": former.id}
                await uow.audit.record(now, by.id, "invitation.revoked", one.room, trail)
                await unseat(uow, one.room, former.person, by, now, self._fresh)

    @staticmethod
    async def _initials(uow: UnitOfWork, one: Televisit, guest: Guest) -> str:
        """A patient goes by initials: names stay out of the timeline."""
        if guest is not Guest.PATIENT:
            raise Invalid("Say who comes with the patient.", path="name")
        patient = await uow.patients.find(one.patient)
        if patient is None:
            raise NotFound
        return initials(patient.name)
