"""Guard requests from the side of those who answer: accept, work, hand on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from server.domain.access import Actor, RoomRole
from server.domain.accounts import User
from server.domain.deadlines import Deadline
from server.domain.errors import Invalid
from server.domain.guard import HELD, OPEN, Request, by_priority, reason_of
from server.domain.guard_justification import Justification, Verdict
from server.domain.guard_notifications import Outcome
from server.domain.guard_services import GuardService
from server.domain.reports import ReportKind
from server.domain.timeline import EventType, Sender
from server.services import case_rooms
from server.services.guard_access import acceptable, engaged, held
from server.services.guard_alerts import (
    ESCALATE,
    JOIN,
    LOST,
    REPORT,
    Alerts,
    may_answer,
    store,
    tell,
    write_log,
)
from server.services.guard_views import show
from server.services.ports.clock import Clock
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.reports import start_report, take_over

LOOK_AGAIN = timedelta(minutes=5)


class GuardAcceptance:
    """Use cases of those who answer, and the deadlines that watch them."""

    def __init__(self, database: Database, clock: Clock, alerts: Alerts) -> None:
        self._database = database
        self._clock = clock
        self._alerts = alerts
        self._fresh = alerts.fresh

    async def accept(self, actor: Actor, request_id: str) -> dict[str, Any]:
        """Take it on: the first wins. Raises AlreadyAccepted naming who did, GuardMoved."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            request, by = await acceptable(uow, actor, request_id)
            if request.accepted_by == by.id and request.state in HELD:
                return await show(uow, request)
            former = request.accepted_by
            accepted = request.accept(by.id, by.name, now)
            accepted = await self._with_report(uow, accepted, by, now)
            accepted = await store(uow, accepted)
            await self._alerts.silence(uow, accepted, Outcome.TAKEN, by)
            await self._watch(uow, accepted, now)
            await case_rooms.seat(
                uow,
                request.room,
                by.id,
                by.name,
                RoomRole.HOST,
                Sender(by.id, by.name),
                now,
                self._fresh,
            )
            data = {"person": by.id, "name": by.name}
            await self._log(uow, accepted, EventType.GUARD_ACCEPTED, by, data, now)
            await tell(uow, accepted, by.id, *filter(None, [former]))
            return await show(uow, accepted)

    async def open(
        self, actor: Actor, request_id: str, *, by_phone: bool = False
    ) -> dict[str, Any]:
        """The acceptor opened the case, or called by phone; idempotent."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            request, by = await held(uow, actor, request_id)
            if by_phone:
                await uow.deadlines.cancel(request.id, JOIN)
            working = request.work(by.id)
            if working != request:
                working = await store(uow, working)
            if working != request or (by_phone and not await _has_called(uow, request)):
                data = {"by_phone": by_phone}
                await self._log(uow, working, EventType.GUARD_WORKING, by, data, now)
                await tell(uow, working)
            return await show(uow, working)

    async def joined(self, uow: UnitOfWork, room: str, person: str, now: datetime) -> None:
        """The acceptor enters the call of the room: that alone is work on the case."""
        found = await uow.guard_requests.of_room(room)
        request = await uow.guard_requests.lock(found.id) if found else None
        if request is None or request.accepted_by != person or request.state not in HELD:
            return
        await uow.deadlines.cancel(request.id, JOIN)
        by = (await uow.accounts.named([person])).get(person)
        working = request.work(person)
        if working != request and by is not None:
            working = await store(uow, working)
            data = {"by_phone": False, "joined": True}
            await self._log(uow, working, EventType.GUARD_WORKING, by, data, now)
            await tell(uow, working)

    async def release(self, actor: Actor, request_id: str, reason: str) -> dict[str, Any]:
        """Give it back: everybody on call is alerted anew. Raises NotAcceptor, GuardMoved."""
        now, reason = self._clock.now(), reason_of(reason)
        async with self._database.transaction() as uow:
            request, by = await held(uow, actor, request_id)
            data = {"person": by.id, "name": by.name, "reason": reason}
            released = await self._give_back(uow, request, by, data, now)
            return await show(uow, released)

    async def refer(self, actor: Actor, request_id: str, person: str) -> dict[str, Any]:
        """Ask a colleague to take it on; until then it stays. Raises Invalid, NotAcceptor."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            request, by = await held(uow, actor, request_id)
            colleague = (await uow.accounts.named([person])).get(person)
            if colleague is None or not may_answer(colleague):
                raise Invalid("This is no radiologist of the network.", path="person")
            await self._alerts.silence(uow, request, Outcome.SUPERSEDED, by)
            referred = await store(uow, request.refer(by.id, colleague.id))
            await self._alerts.direct(uow, referred, colleague, now)
            await self._alerts.keep_ringing(uow, [colleague.id], now)
            data = {"person": colleague.id, "name": colleague.name}
            await self._log(uow, referred, EventType.GUARD_REFERRED, by, data, now)
            await tell(uow, referred)
            return await show(uow, referred)

    async def ask(self, actor: Actor, request_id: str, text: str) -> dict[str, Any]:
        """Ask the requester for more; the answer comes in the room. Raises NotAcceptor."""
        now, text = self._clock.now(), reason_of(text)
        async with self._database.transaction() as uow:
            request, by = await held(uow, actor, request_id)
            data = {"text": text}
            await self._log(uow, request, EventType.GUARD_INFORMATION_ASKED, by, data, now)
            await tell(uow, request)
            return await show(uow, request)

    async def justify(
        self, actor: Actor, request_id: str, verdict: Verdict, text: str
    ) -> dict[str, Any]:
        """Say before the exam whether it is done, and how; idempotent. Raises NotAcceptor."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            request, by = await held(uow, actor, request_id)
            answer = Justification.of(verdict, text, by.id, by.name, now)
            if answer.says(request.justification):
                return await show(uow, request)
            justified = await store(uow, request.justify(answer))
            data = {"person": by.id, "name": by.name, "verdict": verdict.value, "text": answer.text}
            await self._log(uow, justified, EventType.GUARD_JUSTIFIED, by, data, now)
            await tell(uow, justified)
            return await show(uow, justified)

    async def exam_done(self, actor: Actor, request_id: str) -> dict[str, Any]:
        """The exam that waited is done: the report is due from now on; idempotent.

        Raises Forbidden, GuardMoved.
        """
        now = self._clock.now()
        async with self._database.transaction() as uow:
            request, by = await engaged(uow, actor, request_id)
            if request.exam_done_at is not None:
                return await show(uow, request)
            done = await store(uow, request.do_exam(now))
            if done.owes_first_report:
                service = await self._service(uow, done)
                await uow.deadlines.set(_report_due(done, service, now))
            await self._log(uow, done, EventType.GUARD_EXAM_DONE, by, {}, now)
            await tell(uow, done)
            return await show(uow, done)

    async def escalate(self, uow: UnitOfWork, dues: Sequence[Deadline], now: datetime) -> None:
        """Nobody accepted these in time: the next step of each, the most urgent first."""
        found = await uow.guard_requests.lock_all([due.subject for due in dues])
        waiting = by_priority(request for request in found if request.state in OPEN)
        services = await uow.guard_services.named({request.service for request in waiting})
        asking = [(request, services[request.service]) for request in waiting]
        if asking:
            await self._alerts.escalate_all(uow, asking, now)

    async def require_joined(self, uow: UnitOfWork, due: Deadline, now: datetime) -> None:
        """Accepted, then silent: a call was asked for and nobody came (hazard 6)."""
        request = await uow.guard_requests.lock(due.subject)
        if request is None or not request.joins or request.accepted_by is None:
            return
        if await _has_joined(uow, request):
            return
        people = await uow.accounts.named([request.accepted_by])
        data = {"person": request.accepted_by, "name": request.accepted_name, "reason": "silent"}
        await self._give_back(uow, request, people[request.accepted_by], data, now)

    async def lost(self, uow: UnitOfWork, due: Deadline, now: datetime) -> None:
        """Every device of the acceptor went and stayed away, without a report (hazard 6).

        Who was to speak with the requester and has not is no longer waited for. Who only reads
        may do so elsewhere: the requester is told, and the report's deadline goes on.
        """
        request = await uow.guard_requests.lock(due.subject)
        acceptor = request.accepted_by if request and request.owes_first_report else None
        if request is None or acceptor is None or acceptor != due.data["person"]:
            return
        if await uow.guard_audit.is_attended(acceptor, now):
            return
        by = (await uow.accounts.named([acceptor]))[acceptor]
        data = {"person": by.id, "name": by.name, "reason": "lost"}
        if request.question.wants_call and not await _has_called(uow, request):
            await self._give_back(uow, request, by, data, now)
            return
        again = {**due.data, "told": True}
        await uow.deadlines.set(Deadline(LOST, request.id, now + LOOK_AGAIN, again))
        if not due.data.get("told"):
            await self._log(uow, request, EventType.GUARD_ACCEPTOR_LOST, by, data, now)
            await tell(uow, request)

    async def warn(self, uow: UnitOfWork, due: Deadline, now: datetime) -> None:
        """The report is late; once more its time is given to an exam that is still awaited.

        Not for ever: what nobody calls done may have been done, and its images lie unread.
        """
        request = await uow.guard_requests.lock(due.subject)
        if request is None or request.state not in HELD:
            return
        if request.awaits_exam and request.owes_first_report and not due.data:
            service = await self._service(uow, request)
            again = replace(_report_due(request, service, now), data={"awaited": True})
            await uow.deadlines.set(again)
            return
        late = await store(uow, request.owe_report())
        await self._log(uow, late, EventType.GUARD_REPORT_OVERDUE, None, {}, now)
        await tell(uow, late)

    async def _with_report(
        self, uow: UnitOfWork, request: Request, by: User, now: datetime
    ) -> Request:
        report = await start_report(
            uow,
            ReportKind.GUARD,
            request.room,
            request.id,
            request.patient,
            f"{request.service_name} #{request.number}",
            by,
            now,
            self._fresh,
        )
        report = await take_over(uow, report, by, now, self._fresh)
        return request.start(report.id, report.state.value)

    async def _watch(self, uow: UnitOfWork, request: Request, now: datetime) -> None:
        service = await self._service(uow, request)
        if request.question.wants_call:
            joined_by = now + timedelta(seconds=service.join_s)
            await uow.deadlines.set(Deadline(JOIN, request.id, joined_by))
        await uow.deadlines.set(_report_due(request, service, now))

    async def _give_back(
        self, uow: UnitOfWork, request: Request, by: User, data: dict[str, Any], now: datetime
    ) -> Request:
        service = await self._service(uow, request)
        await uow.deadlines.cancel(request.id, JOIN, LOST, REPORT, ESCALATE)
        await self._alerts.silence(uow, request, Outcome.SUPERSEDED, None)
        released = await store(uow, request.release(by.id))
        await self._log(uow, released, EventType.GUARD_RELEASED, by, data, now)
        alerted = await self._alerts.escalate(uow, released, service, now)
        await tell(uow, alerted, by.id)
        return alerted

    async def _service(self, uow: UnitOfWork, request: Request) -> GuardService:
        service = await uow.guard_services.find(request.service)
        assert service is not None, "services are retired, never deleted"
        return service

    async def _log(
        self,
        uow: UnitOfWork,
        request: Request,
        kind: EventType,
        by: User | None,
        data: dict[str, Any],
        now: datetime,
    ) -> None:
        await write_log(uow, request, kind, by, data, now, self._fresh)


def _report_due(request: Request, service: GuardService, now: datetime) -> Deadline:
    return Deadline(REPORT, request.id, now + timedelta(minutes=service.report_minutes))


async def _has_joined(uow: UnitOfWork, request: Request) -> bool:
    """Whether the acceptor was in the call of the room since accepting."""
    present = await uow.presences.of_room(request.room)
    if any(peer.in_call and peer.person == request.accepted_by for peer in present):
        return True
    calls = await uow.events.of_types(request.room, {EventType.CALL_JOINED})
    since = request.accepted_at
    return any(
        event.data["person"] == request.accepted_by and since is not None and event.at >= since
        for event in calls
    )


async def _has_called(uow: UnitOfWork, request: Request) -> bool:
    """Whether the acceptor said to have called the requester by telephone since accepting."""
    opened = await uow.events.of_types(request.room, {EventType.GUARD_WORKING})
    since = request.accepted_at
    return any(e.data.get("by_phone") and since is not None and e.at >= since for e in opened)
