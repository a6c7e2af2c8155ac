"""Slots of expert centres: published by the expert or the booking clerk, seen by all doctors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server.domain.access import Actor, Role
from server.domain.accounts import User
from server.domain.errors import Forbidden, NotFound
from server.domain.slots import MINUTES_MOST, Series, Slot, require_apart
from server.domain.texts import is_storable
from server.services.centres import centres_of
from server.services.changes import tell_changed
from server.services.ports.clock import Clock, Fresh
from server.services.ports.slots import Expert
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import account_of, holds

FREE_MOST = 500
AGENDA_SINCE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Search:
    """Which free slots."""

    since: datetime | None = None
    until: datetime | None = None
    centre: str | None = None
    expert: str | None = None


class Slots:
    """Use cases of slots."""

    def __init__(self, database: Database, clock: Clock, fresh: Fresh) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh

    async def free(self, actor: Actor, search: Search) -> Sequence[Slot]:
        """Slots that may still be booked, earliest first."""
        now = self._clock.now()
        since = max(now, search.since or now)
        async with self._database.reading() as uow:
            await account_of(uow, actor)
            return await uow.slots.free(
                since, search.until, search.centre, search.expert, FREE_MOST
            )

    async def agenda(self, actor: Actor) -> Sequence[Slot]:
        """All slots of the caller's centres, booked ones too. Raises Forbidden elsewhere."""
        since = self._clock.now() - AGENDA_SINCE
        async with self._database.reading() as uow:
            centres = await centres_of(uow, await account_of(uow, actor))
            if not centres:
                raise Forbidden(needs="centre")
            return await uow.slots.of_centres(centres, since, FREE_MOST)

    async def experts(self, actor: Actor) -> list[Expert]:
        """For whom the caller may publish: nobody, oneself, or a centre's specialists."""
        async with self._database.reading() as uow:
            return await self._experts(uow, await account_of(uow, actor))

    async def publish(
        self, actor: Actor, expert: str | None, centre: str | None, series: Series
    ) -> list[Slot]:
        """Offer a series, one's own when no expert is named.

        Raises Forbidden, SlotsOverlap, Invalid.
        """
        now = self._clock.now()
        starts = series.starts(now)
        async with self._database.transaction() as uow:
            user = await account_of(uow, actor)
            chosen = self._choose(await self._experts(uow, user), expert or user.id, centre)
            # The lock keeps two series of one expert from passing each other unseen.
            await uow.accounts.credentials(user=chosen.person)
            new = [
                Slot(self._fresh.id(), chosen.centre, chosen.person, at, series.minutes)
                for at in starts
            ]
            longest = timedelta(minutes=MINUTES_MOST)
            known = await uow.slots.of_expert(chosen.person, starts[0] - longest)
            require_apart([*known, *new])
            await uow.slots.add(new)
            data = {"expert": chosen.person, "centre": chosen.centre, "slots": len(new)}
            await uow.audit.record(now, user.id, "slots.published", new[0].id, data)
            tell_changed(uow, "slots", new[0].id, await uow.slots.staff(chosen.centre))
        return [
            replace(slot, expert_name=chosen.name, centre_name=chosen.centre_name) for slot in new
        ]

    async def withdraw(self, actor: Actor, slot_id: str) -> None:
        """Take a free slot back. Raises NotFound for others' centres, SlotTaken."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            user = await account_of(uow, actor)
            slot = await uow.slots.lock(slot_id) if is_storable(slot_id) else None
            offered = {(one.person, one.centre) for one in await self._experts(uow, user)}
            if slot is None or (slot.expert, slot.centre) not in offered:
                raise NotFound
            slot.require_free()
            await uow.slots.remove(slot.id)
            await uow.audit.record(now, user.id, "slot.withdrawn", slot.id, {})
            tell_changed(uow, "slots", slot.id, await uow.slots.staff(slot.centre))

    async def _experts(self, uow: UnitOfWork, user: User) -> list[Expert]:
        centres = await centres_of(uow, user)
        if not centres:
            return []
        return [
            one
            for one in await uow.slots.experts()
            if one.centre in centres
            and (one.person == user.id or holds(user, Role.BOOKING_CLERK, organisation=one.centre))
        ]

    def _choose(self, offered: Sequence[Expert], expert: str, centre: str | None) -> Expert:
        fitting = [one for one in offered if one.person == expert and centre in (None, one.centre)]
        if not fitting:
            raise Forbidden(needs="centre")
        return fitting[0]
