"""Guard requests from the side of those who ask: file, look, cancel, acknowledge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from server.domain.access import Actor, Role, RoomRole
from server.domain.errors import NotFound
from server.domain.guard import (
    OPEN,
    Priority,
    Question,
    Request,
    State,
    reason_of,
    title_of,
)
from server.domain.guard_notifications import Outcome
from server.domain.patients import Identity
from server.domain.rooms import RoomKind
from server.domain.texts import is_storable
from server.domain.timeline import EventType
from server.services.case_rooms import open_room
from server.services.guard_access import REQUESTERS, hearing, own, reachable, services_of
from server.services.guard_alerts import ESCALATE, JOIN, REPORT, Alerts, store, tell, write_log
from server.services.guard_results import HEAR
from server.services.guard_views import show, show_all
from server.services.patients import identify
from server.services.ports.clock import Clock
from server.services.ports.unit_of_work import Database
from server.services.qualifications import account_of, qualified

QUEUE_LIMIT = 200
_ORDER = (Priority.EMERGENCY, Priority.URGENT, Priority.ROUTINE)


@dataclass(frozen=True, slots=True)
class FileRequest:
    """What is asked, about whom."""

    service: str
    patient: Identity
    question: Question


class GuardRequests:
    """Use cases of those who ask, and what everybody concerned sees."""

    def __init__(self, database: Database, clock: Clock, alerts: Alerts) -> None:
        self._database = database
        self._clock = clock
        self._alerts = alerts
        self._fresh = alerts.fresh

    async def file(self, actor: Actor, command: FileRequest) -> dict[str, Any]:
        """Store it and alert whoever is on call, in one transaction.

        Raises Forbidden, NotFound, Invalid, PatientMismatch.
        """
        now = self._clock.now()
        question = command.question.check()
        async with self._database.transaction() as uow:
            by = await qualified(uow, actor, *REQUESTERS)
            known = is_storable(command.service)
            service = await uow.guard_services.find(command.service) if known else None
            if service is None:
                raise NotFound
            patient = await identify(uow, command.patient, self._fresh)
            number = await uow.guard_services.next_number(service.id)
            if number is None:
                raise NotFound  # retired meanwhile
            title = title_of(service.name, patient.name, number)
            seats = [(by.id, by.name, RoomRole.HOST)]
            room = await open_room(uow, RoomKind.GUARD, title, by, seats, now, self._fresh)
            request = Request(
                id=self._fresh.id(),
                number=number,
                room=room.id,
                service=service.id,
                service_name=service.name,
                modality=service.modality,
                phone=service.phone,
                organisation=by.organisation,
                patient=patient.id,
                requester=by.id,
                requester_name=by.name,
                created_at=now,
                question=question,
                promised=service.promise(question.priority.value),
            )
            await uow.guard_requests.add(request)
            data = {"service": service.id, "priority": question.priority.value}
            await write_log(uow, request, EventType.GUARD_REQUESTED, by, data, now, self._fresh)
            request = await self._alerts.escalate(uow, request, service, now)
            return await show(uow, request)

    async def report_alert(self, actor: Actor, command: FileRequest) -> dict[str, Any]:
        """The same from a hospital's own system (IHE mACM ITI-84). Raises Forbidden as well."""
        async with self._database.reading() as uow:
            await qualified(uow, actor, Role.INTEGRATOR)
        return await self.file(actor, command)

    async def get(self, actor: Actor, request_id: str) -> dict[str, Any]:
        """One request. Raises NotFound."""
        async with self._database.reading() as uow:
            request, _ = await reachable(uow, actor, request_id)
            return await show(uow, request)

    async def of_room(self, actor: Actor, room: str) -> list[dict[str, Any]]:
        """The request whose room it is, if the caller may see it."""
        async with self._database.reading() as uow:
            await account_of(uow, actor)
            found = await uow.guard_requests.of_room(room) if is_storable(room) else None
            if found is None:
                return []
            request, _ = await reachable(uow, actor, found.id)
            return [await show(uow, request)]

    async def mine(
        self, actor: Actor, state: State | None, before: str | None, limit: int
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Those the caller made or accepted, newest first; and the cursor of the next page."""
        states = [state] if state else list(State)
        if before is not None and not is_storable(before):
            return [], None
        async with self._database.reading() as uow:
            user = await account_of(uow, actor)
            found = await uow.guard_requests.of_person(user.id, states, before, limit + 1)
            items = await show_all(uow, found[:limit])
        return items, found[limit - 1].id if len(found) > limit else None

    async def queue(self, actor: Actor, state: State | None) -> list[dict[str, Any]]:
        """Those the caller may take on now: by priority, then by time left."""
        states = [state] if state else list(OPEN)
        async with self._database.reading() as uow:
            user = await account_of(uow, actor)
            services = await services_of(uow, user)
            free = OPEN & frozenset(states)
            found = await uow.guard_requests.waiting(services, user.id, free, QUEUE_LIMIT)
            return await show_all(uow, in_order(found))

    async def cancel(self, actor: Actor, request_id: str, reason: str) -> dict[str, Any]:
        """The question is moot. Raises Forbidden, GuardMoved."""
        now, reason = self._clock.now(), reason_of(reason)
        async with self._database.transaction() as uow:
            request, by = await own(uow, actor, request_id)
            acceptor = request.accepted_by
            cancelled = await store(uow, request.cancel())
            await self._alerts.silence(uow, cancelled, Outcome.CANCELLED, by)
            await uow.deadlines.cancel(request.id, JOIN, REPORT, HEAR)
            data = {"reason": reason}
            await write_log(uow, cancelled, EventType.GUARD_CANCELLED, by, data, now, self._fresh)
            await tell(uow, cancelled, *filter(None, [acceptor]))
            return await show(uow, cancelled)

    async def acknowledge(self, actor: Actor, request_id: str) -> dict[str, Any]:
        """The final report was read. Raises Forbidden, GuardMoved."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            request, by = await hearing(uow, actor, request_id)
            closed = await store(uow, request.close())
            await uow.deadlines.cancel(request.id, ESCALATE, JOIN, REPORT, HEAR)
            await write_log(uow, closed, EventType.GUARD_CLOSED, by, {}, now, self._fresh)
            await tell(uow, closed)
            return await show(uow, closed)


def in_order(requests: Sequence[Request]) -> list[Request]:
    """The most urgent first, then the one that escalates next."""

    def rank(request: Request) -> tuple[int, datetime]:
        never = datetime.max.replace(tzinfo=UTC)
        return _ORDER.index(request.question.priority), request.next_at or never

    return sorted(requests, key=rank)
