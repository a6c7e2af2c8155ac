"""Handing a guard over: offered with its open cases, taken only by who says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from server.domain import rota as rotation
from server.domain.access import Actor, Role, RoomRole
from server.domain.accounts import User
from server.domain.deadlines import Deadline
from server.domain.errors import Forbidden, Invalid, NotFound
from server.domain.guard import HELD, OPEN, Request, reason_of
from server.domain.guard_handovers import (
    REMINDS,
    HandOver,
    HandOverAnswered,
    HandOverState,
    lasts_until,
)
from server.domain.instants import rfc3339
from server.domain.rota import Override, Rota
from server.domain.texts import is_storable
from server.domain.timeline import EventType, Sender
from server.services import case_rooms
from server.services.changes import tell_changed
from server.services.guard_alerts import Alerts, store, tell, write_log
from server.services.on_call import able, holders
from server.services.ports.clock import Clock
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import qualified
from server.services.reach import Matter, Reach
from server.services.reports import take_over
from server.services.rotas import DUTY

REMIND = "guard.handover"
CASES_LIMIT = 200
_JUST = timedelta(microseconds=1)


class GuardHandOvers:
    """Use cases of hand-overs, and what the change of duty does."""

    def __init__(self, database: Database, clock: Clock, alerts: Alerts, reach: Reach) -> None:
        self._database = database
        self._clock = clock
        self._alerts = alerts
        self._reach = reach
        self._fresh = alerts.fresh

    async def mine(self, actor: Actor) -> dict[str, Any]:
        """What waits for an answer, and the guards that the caller may hand over."""
        now = self._clock.now()
        async with self._database.reading() as uow:
            user = await qualified(uow, actor, Role.RADIOLOGIST)
            waiting = await uow.guard_handovers.of_person(user.id, CASES_LIMIT)
            items = [await self._shown(uow, one) for one in waiting if now < one.until]
            return {"items": items, "guards": await _guards(uow, user, now)}

    async def offer(self, actor: Actor, rota_id: str, to: str | None) -> dict[str, Any]:
        """Offer the guard to whoever comes next, or to a colleague. Raises Forbidden, Invalid."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            user = await qualified(uow, actor, Role.RADIOLOGIST)
            rota = await uow.rotas.find(rota_id) if is_storable(rota_id) else None
            if rota is None:
                raise NotFound
            holder = (await holders(uow, [rota], now))[rota.id]
            if holder is None or holder.id != user.id:
                raise Forbidden(needs="on_call")
            incoming = to or _next(rota, user.id, now)
            known = await uow.accounts.named([incoming] if incoming else [])
            person = able(known.get(incoming or ""), rota)
            if person is None or person.id == user.id:
                raise Invalid("Nobody of this name can take it over.", path="to")
            return await self._shown(uow, await self._offer(uow, rota, user, person, user, now))

    async def accept(self, actor: Actor, handover_id: str) -> dict[str, Any]:
        """Take the guard and its open cases. Raises NotFound, Forbidden, HandOverAnswered."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            handover, user = await _found(uow, actor, handover_id)
            accepted = await _answered(uow, handover.accept(user.id, now))
            rota = await uow.rotas.find(handover.rota)
            assert rota is not None, "a hand-over goes with its rota"
            if rotation.on_call(rota, now) != user.id:
                end = rotation.next_change(rota, now) or handover.until
                new = Override.of(self._fresh.id(), now, end, user.id)
                rota.override(new)
                await uow.rotas.add_override(rota.id, new)
            for request in await _cases(uow, handover):
                await self._take(uow, accepted, request, user, now)
            await self._alerts.keep_ringing(uow, [user.id], now)
            await self._tell(uow, accepted, user, now)
            return await self._shown(uow, accepted)

    async def refuse(self, actor: Actor, handover_id: str, reason: str) -> dict[str, Any]:
        """Leave the guard where it is. Raises NotFound, Forbidden, HandOverAnswered."""
        now, reason = self._clock.now(), reason_of(reason)
        async with self._database.transaction() as uow:
            handover, user = await _found(uow, actor, handover_id)
            refused = await _answered(uow, handover.refuse(user.id, reason, now))
            await self._log_all(uow, refused, user, now)
            await self._tell(uow, refused, user, now)
            tell_changed(uow, "rotas", refused.rota, await uow.accounts.administrators())
            return await self._shown(uow, refused)

    async def withdraw(self, actor: Actor, handover_id: str) -> dict[str, Any]:
        """Offer it no more. Raises NotFound, Forbidden, HandOverAnswered."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            handover, user = await _found(uow, actor, handover_id)
            withdrawn = await _answered(uow, handover.withdraw(user.id, now))
            await self._tell(uow, withdrawn, user, now)
            return await self._shown(uow, withdrawn)

    async def turn(self, uow: UnitOfWork, due: Deadline, now: datetime) -> None:
        """Duty changes while whoever had it holds open cases: it is handed over, not dropped."""
        rota = await uow.rotas.find(due.subject)
        if rota is None or rota.role is not Role.RADIOLOGIST:
            return
        before = rotation.on_call(rota, due.due_at - _JUST)
        after = rotation.on_call(rota, due.due_at)
        if before is None or after is None or before == after:
            return
        standing = (await uow.guard_handovers.standing([rota.id])).get(rota.id)
        if standing is not None and (standing.outgoing, standing.incoming) == (before, after):
            return
        people = await uow.accounts.named([before, after])
        outgoing, incoming = able(people.get(before), rota), able(people.get(after), rota)
        if outgoing is None or incoming is None:
            return
        accepted = _was_accepted(rota, incoming, due.due_at)
        if not accepted and await _held(uow, rota.id, outgoing.id):
            await self._offer(uow, rota, outgoing, incoming, None, now)

    async def remind(self, uow: UnitOfWork, due: Deadline, now: datetime) -> None:
        """Nobody answered yet: wake the incoming person again."""
        handover = await uow.guard_handovers.find(due.subject)
        if handover is None or handover.state is not HandOverState.OFFERED or now >= handover.until:
            return
        await self._wake(uow, handover, now)

    async def _offer(
        self,
        uow: UnitOfWork,
        rota: Rota,
        outgoing: User,
        incoming: User,
        by: User | None,
        now: datetime,
    ) -> HandOver:
        former = (await uow.guard_handovers.standing([rota.id])).get(rota.id)
        if former is not None and former.state is HandOverState.OFFERED:
            await uow.guard_handovers.answer(former.withdraw(former.outgoing, now))
            tell_changed(uow, "tasks", former.id, [former.incoming])
        handover = HandOver(
            id=self._fresh.id(),
            rota=rota.id,
            outgoing=outgoing.id,
            outgoing_name=outgoing.name,
            incoming=incoming.id,
            incoming_name=incoming.name,
            offered_at=now,
            until=lasts_until(rota, incoming.id, now),
        )
        await uow.guard_handovers.add(handover)
        await self._log_all(uow, handover, by, now)
        await self._wake(uow, handover, now)
        await self._tell(uow, handover, by, now)
        return handover

    async def _wake(self, uow: UnitOfWork, handover: HandOver, now: datetime) -> None:
        matter = Matter(REMIND, handover.id, "/guard")
        await self._reach.tell(uow, handover.incoming, matter, now)
        await uow.deadlines.set(Deadline(REMIND, handover.id, now + REMINDS))

    async def _take(
        self, uow: UnitOfWork, handover: HandOver, request: Request, user: User, now: datetime
    ) -> None:
        """One open case: a held one changes hands, one that rings rings for the incoming."""
        if request.state in OPEN:
            await self._alerts.direct(uow, request, user, now)
            return
        locked = await uow.guard_requests.lock(request.id)
        if locked is None or locked.state not in HELD or locked.accepted_by != handover.outgoing:
            return
        taken = await store(uow, locked.hand_over(user.id, user.name))
        report = await uow.reports.lock(taken.report) if taken.report else None
        if report is not None:
            await take_over(uow, report, user, now, self._fresh)
        sender = Sender(user.id, user.name)
        await case_rooms.seat(
            uow, taken.room, user.id, user.name, RoomRole.HOST, sender, now, self._fresh
        )
        await self._log(uow, handover, taken, user, now)
        await tell(uow, taken, handover.outgoing)

    async def _log_all(
        self, uow: UnitOfWork, handover: HandOver, by: User | None, now: datetime
    ) -> None:
        for request in await _cases(uow, handover):
            if request.state in HELD:
                await self._log(uow, handover, request, by, now)
                await tell(uow, request)

    async def _log(
        self, uow: UnitOfWork, handover: HandOver, request: Request, by: User | None, now: datetime
    ) -> None:
        data = {
            "state": handover.state.value,
            "person": handover.incoming,
            "name": handover.incoming_name,
            "from": handover.outgoing_name,
            "reason": handover.reason,
        }
        await write_log(uow, request, EventType.GUARD_HANDOVER, by, data, now, self._fresh)

    async def _tell(
        self, uow: UnitOfWork, handover: HandOver, by: User | None, now: datetime
    ) -> None:
        action = f"guard.handover_{handover.state.value}"
        data = {"rota": handover.rota, "from": handover.outgoing, "to": handover.incoming}
        await uow.audit.record(now, by.id if by else "system", action, handover.id, data)
        if handover.state is not HandOverState.OFFERED:
            await uow.deadlines.cancel(handover.id, REMIND)
            await self._reach.over(uow, REMIND, handover.id)
            await uow.deadlines.set(Deadline(DUTY, handover.rota, now))
        people = (handover.outgoing, handover.incoming)
        for topic in ("guard", "tasks", "rotas"):
            tell_changed(uow, topic, handover.id, people)

    async def _shown(self, uow: UnitOfWork, handover: HandOver) -> dict[str, Any]:
        rotas = await uow.rotas.named([handover.rota])
        cases = await _cases(uow, handover)
        return {
            "id": handover.id,
            "rota": handover.rota,
            "rota_name": rotas[handover.rota].name if handover.rota in rotas else "",
            "outgoing": {"id": handover.outgoing, "name": handover.outgoing_name},
            "incoming": {"id": handover.incoming, "name": handover.incoming_name},
            "state": handover.state.value,
            "offered_at": rfc3339(handover.offered_at),
            "answered_at": rfc3339(handover.answered_at) if handover.answered_at else None,
            "reason": handover.reason,
            "cases": [_case(request) for request in cases],
        }


async def _found(uow: UnitOfWork, actor: Actor, handover_id: str) -> tuple[HandOver, User]:
    user = await qualified(uow, actor, Role.RADIOLOGIST)
    handover = await uow.guard_handovers.find(handover_id) if is_storable(handover_id) else None
    if handover is None or user.id not in (handover.outgoing, handover.incoming):
        raise NotFound
    return handover, user


async def _answered(uow: UnitOfWork, handover: HandOver) -> HandOver:
    if not await uow.guard_handovers.answer(handover):
        raise HandOverAnswered
    return handover


async def _services(uow: UnitOfWork, rota: str) -> list[str]:
    services = await uow.guard_services.all()
    return [one.id for one in services if rota in one.rotas]


async def _held(uow: UnitOfWork, rota: str, person: str) -> list[Request]:
    services = await _services(uow, rota)
    mine = await uow.guard_requests.of_person(person, tuple(HELD), None, CASES_LIMIT)
    return [one for one in mine if one.accepted_by == person and one.service in services]


async def _cases(uow: UnitOfWork, handover: HandOver) -> list[Request]:
    """What is open: held by who goes, and what still rings."""
    held = await _held(uow, handover.rota, handover.outgoing)
    services = await _services(uow, handover.rota)
    ringing = await uow.guard_requests.waiting(services, "", OPEN, CASES_LIMIT)
    return [*held, *ringing]


def _was_accepted(rota: Rota, incoming: User, at: datetime) -> bool:
    """Whether the incoming person took the guard early, so that it changed hands already."""
    return any(
        each.member == incoming.id and each.start < at <= each.end for each in rota.overrides
    )


async def _guards(uow: UnitOfWork, user: User, now: datetime) -> Sequence[dict[str, Any]]:
    rotas = [rota for rota in await uow.rotas.all() if rota.role is Role.RADIOLOGIST]
    held = await holders(uow, rotas, now)
    mine = [rota for rota in rotas if (person := held[rota.id]) and person.id == user.id]
    following = {rota.id: _next(rota, user.id, now) for rota in mine}
    people = await uow.accounts.named({person for person in following.values() if person})
    found = []
    for rota in mine:
        person = people.get(following[rota.id] or "")
        change = rotation.next_change(rota, now)
        found.append(
            {
                "rota": rota.id,
                "rota_name": rota.name,
                "until": rfc3339(change) if change else None,
                "next": {"id": person.id, "name": person.name} if person else None,
                "cases": [_case(one) for one in await _held(uow, rota.id, user.id)],
            }
        )
    return found


def _next(rota: Rota, person: str, now: datetime) -> str | None:
    """Whom the rota names instead of somebody, now or at the next change."""
    named = rotation.on_call(rota, now)
    if named not in (None, person):
        return named
    change = rotation.next_change(rota, now)
    after = rotation.on_call(rota, change) if change else None
    return after if after != person else None


def _case(request: Request) -> dict[str, Any]:
    return {
        "id": request.id,
        "number": request.number,
        "service_name": request.service_name,
        "priority": request.question.priority.value,
        "state": request.state.value,
        "question": request.question.text,
        "created_at": rfc3339(request.created_at),
    }
