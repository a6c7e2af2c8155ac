"""Appointments of consultations: booked once, confirmed or declined by the centre, given up."""

from __future__ import annotations

from datetime import datetime

from server.domain.access import Actor
from server.domain.consultations import State
from server.domain.deadlines import Deadline
from server.domain.errors import NotFound
from server.domain.slots import SlotTaken
from server.domain.texts import is_storable
from server.services.consultation_moves import settle
from server.services.consultation_views import Sight, insight, into, sight
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database, UnitOfWork


class Appointments:
    """Use cases of appointments."""

    def __init__(self, database: Database, clock: Clock, fresh: Fresh) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh

    async def book(self, actor: Actor, consultation: str, slot_id: str) -> Sight:
        """Ask for a slot, giving back a former one; asking twice for the same is asking once.

        Raises SlotTaken when somebody was faster, SlotPast, WrongStep, NotFound, Forbidden.
        """
        now = self._clock.now()
        async with self._database.transaction() as uow:
            seen = await insight(uow, actor, consultation, locked=True)
            seen.require(seen.is_requester)
            former, user = seen.consultation, seen.user
            held = former.appointment is not None and former.appointment.slot == slot_id
            if held and former.state in (State.REQUESTED, State.CONFIRMED):
                return await sight(uow, seen, now)
            slot = await uow.slots.lock(slot_id) if is_storable(slot_id) else None
            if slot is None:
                raise NotFound("There is no such slot.")
            moved = former.book(slot, user.id, user.name, now)
            await uow.slots.release(former.id)
            if not await uow.slots.book(slot.id, former.id):
                raise SlotTaken
            await settle(uow, former, moved, user, now, self._fresh)
            return await sight(uow, await into(uow, user, moved), now)

    async def release(self, actor: Actor, consultation: str) -> Sight:
        """Give one's appointment up and keep the case. Raises WrongStep, Forbidden."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            seen = await insight(uow, actor, consultation, locked=True)
            seen.require(seen.is_requester)
            moved = seen.consultation.release(seen.user.id, seen.user.name, now)
            await uow.slots.release(moved.id)
            await settle(uow, seen.consultation, moved, seen.user, now, self._fresh)
            return await sight(uow, await into(uow, seen.user, moved), now)

    async def confirm(self, actor: Actor, consultation: str) -> Sight:
        """The centre agrees, and documents may be shared. Raises WrongStep, Forbidden."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            seen = await insight(uow, actor, consultation, locked=True)
            seen.require(seen.is_staff and not seen.is_requester)
            moved = seen.consultation.confirm(seen.user.id, seen.user.name, now)
            await settle(uow, seen.consultation, moved, seen.user, now, self._fresh)
            return await sight(uow, await into(uow, seen.user, moved), now)

    async def decline(self, actor: Actor, consultation: str, reason: str) -> Sight:
        """The centre refuses and has its slot back. Raises WrongStep, Forbidden, Invalid."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            seen = await insight(uow, actor, consultation, locked=True)
            seen.require(seen.is_staff and not seen.is_requester)
            moved = seen.consultation.decline(reason, seen.user.id, seen.user.name, now)
            # As it was seen while it was the centre's: afterwards it is a stranger's.
            shown = await sight(uow, seen, now)
            await uow.slots.release(moved.id)
            await settle(uow, seen.consultation, moved, seen.user, now, self._fresh)
            return shown.after(moved)

    async def lapse(self, uow: UnitOfWork, due: Deadline, now: datetime) -> None:
        """Its time has come and the centre did not answer: the case waits for another slot."""
        one = await uow.consultations.lock(due.subject)
        if one is None or one.state is not State.REQUESTED:
            return
        await uow.slots.release(one.id)
        await settle(uow, one, one.lapse(now), None, now, self._fresh)
