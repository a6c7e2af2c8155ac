"""Visits of follow-up: booked, taken over, held, missed, overdue; and the lists of each role."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from server.domain.access import Actor, RoomRole
from server.domain.deadlines import Deadline
from server.domain.errors import Forbidden
from server.domain.pathway_templates import Performer
from server.domain.pathway_visits import LAPSING, OPEN, Visit, VisitState
from server.domain.pathways import Ability
from server.domain.timeline import EventType
from server.domain.windows import ZONE, day_in
from server.services.case_rooms import seat
from server.services.pathway_access import Standing, scope_of, standing, tell
from server.services.pathway_views import (
    PathwayDetail,
    WaitingVisit,
    detail,
    visit_of,
    with_pathways,
)
from server.services.pathways import OVERDUE, set_deadline
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import account_of
from server.services.timeline import append

SOON = timedelta(days=14)


class Waiting(StrEnum):
    """Which visits a list shows."""

    OVERDUE = "overdue"
    SOON = "soon"
    """To book: the window is open or opens within 14 days."""
    RECORD = "record"
    """The appointment was, and nobody said what became of it."""
    GP = "gp"
    """The caller's own, as a general practitioner."""


@dataclass(frozen=True, slots=True)
class Booking:
    """An appointment to make; `reason` says why outside the window."""

    at: datetime
    place: str | None = None
    reason: str | None = None


Move = Callable[[Visit, Standing, datetime], Visit]


class PathwayVisits:
    """Use cases of visits."""

    def __init__(self, database: Database, clock: Clock, fresh: Fresh) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh

    async def waiting(self, actor: Actor, which: Waiting) -> list[WaitingVisit]:
        """What waits for the caller, the window that ends first, first."""
        now = self._clock.now()
        async with self._database.reading() as uow:
            user = await account_of(uow, actor)
            found = await uow.pathway_visits.waiting(scope_of(user), **_filter(which, user.id, now))
            return await with_pathways(uow, found)

    async def book(
        self, actor: Actor, pathway_id: str, visit_id: str, booking: Booking
    ) -> PathwayDetail:
        """Book or rebook. Raises OutsideWindow without a reason, Invalid, Conflict, Forbidden."""

        def move(visit: Visit, before: Standing, now: datetime) -> Visit:
            zone = before.pathway.zone
            return visit.book(booking.at, booking.place, booking.reason, zone, now)

        event = EventType.PATHWAY_VISIT_BOOKED
        return await self._move(actor, pathway_id, visit_id, Ability.BOOK, event, move)

    async def take(self, actor: Actor, pathway_id: str, visit_id: str) -> PathwayDetail:
        """The pathway's GP takes a visit over; idempotent."""

        def move(visit: Visit, before: Standing, now: datetime) -> Visit:
            return visit.take(before.user.id, now)

        event = EventType.PATHWAY_VISIT_TAKEN
        return await self._move(actor, pathway_id, visit_id, Ability.VISIT, event, move)

    async def complete(
        self, actor: Actor, pathway_id: str, visit_id: str, held_on: date
    ) -> PathwayDetail:
        """It was held. Raises Invalid for days to come, Conflict, Forbidden."""

        def move(visit: Visit, before: Standing, now: datetime) -> Visit:
            pathway = before.pathway
            return visit.complete(held_on, pathway.discharged_on, day_in(now, pathway.zone))

        event = EventType.PATHWAY_VISIT_DONE
        return await self._move(actor, pathway_id, visit_id, Ability.RECORD, event, move)

    async def miss(self, actor: Actor, pathway_id: str, visit_id: str) -> PathwayDetail:
        """The patient did not come. Raises Conflict before the appointment, Forbidden."""

        def move(visit: Visit, before: Standing, now: datetime) -> Visit:
            return visit.miss(now)

        event = EventType.PATHWAY_VISIT_MISSED
        return await self._move(actor, pathway_id, visit_id, Ability.RECORD, event, move)

    async def lapse(self, uow: UnitOfWork, deadline: Deadline, now: datetime) -> None:
        """The handler of `pathways.overdue`: the window ended, and nothing was booked or held."""
        visit = await uow.pathway_visits.find(deadline.subject)
        if visit is None:
            return
        pathway = await uow.pathways.lock(visit.pathway)
        visit = await uow.pathway_visits.find(deadline.subject)
        if pathway is None or visit is None or visit.state not in LAPSING or pathway.closed_at:
            return
        lapsed = visit.lapse(now)
        await uow.pathway_visits.update(lapsed)
        event = EventType.PATHWAY_VISIT_OVERDUE
        await append(uow, pathway.room, event, None, _facts(lapsed), now, self._fresh)
        data = {"pathway": pathway.id, "last": visit.last.isoformat()}
        await uow.audit.record(now, "system", "pathway-visit.overdue", visit.id, data)
        await tell(uow, pathway)

    async def _move(
        self,
        actor: Actor,
        pathway_id: str,
        visit_id: str,
        needs: Ability,
        event: EventType,
        move: Move,
    ) -> PathwayDetail:
        now = self._clock.now()
        async with self._database.transaction() as uow:
            before = await standing(uow, actor, pathway_id, locked=True)
            former = await visit_of(uow, before.pathway, visit_id)
            _require(before, former, needs)
            before.pathway.require_open()
            visit = move(former, before, now)
            await uow.pathway_visits.update(visit)
            await self._follow(uow, before, visit, event, now)
            return await detail(uow, await standing(uow, actor, pathway_id))

    async def _follow(
        self, uow: UnitOfWork, before: Standing, visit: Visit, event: EventType, now: datetime
    ) -> None:
        pathway, user = before.pathway, before.user
        if visit.state in LAPSING:
            await set_deadline(uow, pathway, visit)
        elif visit.state is not VisitState.OVERDUE:
            await uow.deadlines.cancel(visit.id, OVERDUE)
        if Ability.STEER in before.abilities and not before.is_seated:
            host = (user.id, user.name, RoomRole.HOST)
            await seat(uow, pathway.room, *host, before.sender, now, self._fresh)
        await append(uow, pathway.room, event, before.sender, _facts(visit), now, self._fresh)
        verb = event.value.rpartition("visit_")[2]
        data = {"pathway": pathway.id, "outside_window": visit.reason is not None}
        await uow.audit.record(now, user.id, f"pathway-visit.{verb}", visit.id, data)
        await tell(uow, pathway)


def _require(before: Standing, visit: Visit, needs: Ability) -> None:
    """The GP does with the GP's visits what the team does with the hospital's."""
    if visit.performer is Performer.GP:
        before.require(needs, Ability.VISIT)
    elif needs is Ability.VISIT and Ability.VISIT in before.abilities:
        return  # the domain says that this one is the hospital's
    elif needs not in before.abilities:
        raise Forbidden


def _facts(visit: Visit) -> dict[str, Any]:
    """What the timeline tells: nothing of the patient."""
    wire = visit.to_wire()
    names = ("title", "state", "appointment", "held_on", "first", "last")
    return {"visit": visit.id} | {name: wire[name] for name in names}


def _filter(which: Waiting, person: str, now: datetime) -> dict[str, Any]:
    if which is Waiting.OVERDUE:
        return {"states": frozenset({VisitState.OVERDUE})}
    if which is Waiting.SOON:
        return {"states": LAPSING, "opens_by": day_in(now, ZONE) + SOON}
    if which is Waiting.RECORD:
        return {"states": frozenset({VisitState.BOOKED}), "held_by": now}
    return {"states": OPEN, "performer": Performer.GP, "gp": person}
