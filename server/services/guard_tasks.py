"""What the guard puts on people's worklists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from server.domain.accounts import User
from server.domain.guard import HELD, Request, State
from server.domain.tasks import TASKS_LIMIT, Task, Urgency
from server.services.ports.unit_of_work import UnitOfWork

_MINE = (*HELD, State.REPORTED, State.EXHAUSTED, State.ALERTING)


async def tasks(uow: UnitOfWork, user: User, now: datetime) -> Sequence[Task]:
    """What rings, what is owed, what came back, what nobody answers; four queries."""
    ringing = {one.request for one in await uow.guard_notifications.pending_of(user.id)}
    found = [
        _task("guard.accept", request, Urgency.NOW)
        for request in (await uow.guard_requests.named(list(ringing))).values()
    ]
    mine = await uow.guard_requests.of_person(user.id, _MINE, None, TASKS_LIMIT)
    offered = await uow.guard_handovers.of_person(user.id, TASKS_LIMIT)
    found += [
        Task("guard.handover", one.id, one.outgoing_name, Urgency.NOW, "/guard", one.offered_at)
        for one in offered
        if one.incoming == user.id and now < one.until
    ]
    return found + [task for request in mine for task in _of(request, user)]


def _of(request: Request, user: User) -> list[Task]:
    if request.state in HELD and request.accepted_by == user.id:
        if request.unheard is not None:
            return [_task("guard.critical", request, Urgency.NOW)]
        is_late = request.state is State.REPORT_PENDING
        return [_task("guard.report", request, Urgency.NOW if is_late else Urgency.TODAY)]
    if request.accepted_by == user.id and request.unheard is not None and request.hear_round > 1:
        return [_task("guard.unheard", request, Urgency.NOW)]
    if user.id not in (request.requester, request.hear_to):
        return []
    if request.state is State.REPORTED:
        return [_task("guard.acknowledge", request, Urgency.NOW)]
    if request.state is State.EXHAUSTED or request.no_cover:
        return [_task("guard.cover", request, Urgency.NOW)]
    return []


def _task(kind: str, request: Request, urgency: Urgency) -> Task:
    title = f"{request.service_name} #{request.number}"
    return Task(kind, request.id, title, urgency, f"/guard/requests/{request.id}", request.next_at)
