"""Results that nobody heard of: reminded, then told to the next person, until somebody did."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from server.domain.access import Role, RoomRole
from server.domain.accounts import User
from server.domain.deadlines import Deadline
from server.domain.guard import Request, State
from server.domain.guard_results import Target, Unheard
from server.domain.timeline import EventType, Sender
from server.services import case_rooms
from server.services.changes import tell_changed
from server.services.guard_access import REQUESTERS
from server.services.guard_alerts import store, tell, write_log
from server.services.on_call import holders, on_call_of
from server.services.ports.unit_of_work import UnitOfWork
from server.services.reach import Matter, Reach

HEAR = "guard.hear"
_WARD = frozenset(REQUESTERS) - {Role.RADIOLOGIST, Role.INTEGRATOR}


async def watch(uow: UnitOfWork, request: Request, now: datetime) -> None:
    """Let time run for what is unheard, or no more."""
    await uow.deadlines.cancel(request.id, HEAR)
    await uow.contact_messages.cancel(HEAR, request.id)
    if request.unheard is not None:
        due = now + (await _target(uow, request)).wait(0)
        await uow.deadlines.set(Deadline(HEAR, request.id, due))


class GuardResults:
    """What is done when a result was not heard of in time."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._fresh = reach.fresh

    async def hear(self, uow: UnitOfWork, due: Deadline, now: datetime) -> None:
        """Remind those who owe it; from the second time on tell the next person as well."""
        request = await uow.guard_requests.lock(due.subject)
        if request is None or not _is_due(request):
            return
        stand_in = await self._stand_in(uow, request, now) if request.hear_round else None
        told = (stand_in.id, stand_in.name) if stand_in else ()
        reminded = await store(uow, request.remind(*told))
        if stand_in is not None:
            await self._seat(uow, reminded, stand_in, now)
        await self._record(uow, reminded, stand_in, now)
        wait = (await _target(uow, reminded)).wait(reminded.hear_round)
        await uow.deadlines.set(Deadline(HEAR, request.id, now + wait))
        people = await self._people(uow, reminded, now)
        matter = _matter(reminded)
        for person in sorted(people):
            await self._reach.tell(uow, person, matter, now)
        await tell(uow, reminded, *people)

    async def _people(self, uow: UnitOfWork, request: Request, now: datetime) -> Collection[str]:
        """Whoever owes it or was told; a finding nobody holds is that of those on call."""
        people = {request.requester, request.accepted_by, request.hear_to}
        if request.accepted_by is None or request.hear_round > 1:
            service = await uow.guard_services.find(request.service)
            assert service is not None, "services are retired, never deleted"
            if request.unheard is Unheard.CRITICAL:
                held = await on_call_of(uow, service.rotas, now)
                people |= {one.id for one in held.values() if one}
        return {person for person in people if person}

    async def _stand_in(self, uow: UnitOfWork, request: Request, now: datetime) -> User | None:
        """Whoever is on duty where the question came from, of the requester's role first."""
        rotas = [
            rota
            for rota in await uow.rotas.all()
            if rota.organisation == request.organisation and rota.role in _WARD
        ]
        asker = (await uow.accounts.named([request.requester])).get(request.requester)
        own = {each.role for each in asker.roles} if asker else set()
        held = await holders(uow, rotas, now)
        for rota in sorted(rotas, key=lambda one: one.role not in own):
            person = held.get(rota.id)
            if person is not None and person.id not in (request.requester, request.accepted_by):
                return person
        return None

    async def _seat(self, uow: UnitOfWork, request: Request, person: User, now: datetime) -> None:
        sender = Sender(person.id, person.name)
        await case_rooms.seat(
            uow, request.room, person.id, person.name, RoomRole.MEMBER, sender, now, self._fresh
        )

    async def _record(
        self, uow: UnitOfWork, request: Request, stand_in: User | None, now: datetime
    ) -> None:
        data: dict[str, Any] = {
            "why": request.unheard.value if request.unheard else None,
            "round": request.hear_round,
            "person": stand_in.id if stand_in else None,
            "name": stand_in.name if stand_in else None,
            "phone": request.phone,
        }
        await write_log(uow, request, EventType.GUARD_UNHEARD, None, data, now, self._fresh)
        if request.hear_round > 1 and stand_in is None:
            incident = {"round": request.hear_round, "why": data["why"]}
            await uow.audit.record(now, "system", "guard.unheard_no_cover", request.id, incident)
            tell_changed(uow, "rotas", request.service, await uow.accounts.administrators())


def _is_due(request: Request) -> bool:
    if request.unheard is Unheard.REPORT:
        return request.state is State.REPORTED
    return request.unheard is not None and request.state not in (State.CANCELLED, State.CLOSED)


def _matter(request: Request) -> Matter:
    place, service = f"/guard/requests/{request.id}", request.service_name
    return Matter(HEAR, request.id, place, service=service, round=request.hear_round)


async def _target(uow: UnitOfWork, request: Request) -> Target:
    service = await uow.guard_services.find(request.service)
    assert service is not None, "services are retired, never deleted"
    return service.targets.of(request.question.priority.value)
