"""What follow-up asks of a person: a source of the worklist."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from server.domain.access import Role
from server.domain.accounts import User
from server.domain.pathway_templates import Performer
from server.domain.pathway_visits import LAPSING, OPEN, Visit, VisitState
from server.domain.pathways import Pathway
from server.domain.tasks import Task, Urgency
from server.domain.windows import ZONE, day_in
from server.services.pathway_access import scope_of
from server.services.pathway_visits import SOON
from server.services.ports.pathways import Scope
from server.services.ports.unit_of_work import UnitOfWork
from server.services.qualifications import holds

_ROLES = (Role.CASE_MANAGER, Role.BOOKING_CLERK, Role.GP)
_REACH = timedelta(days=30)


async def tasks(uow: UnitOfWork, user: User, now: datetime) -> Sequence[Task]:
    """Overdue and unbooked visits, the GP's own, and hand-overs to acknowledge; four queries."""
    if not holds(user, *_ROLES):
        return []
    scope = scope_of(user)
    opens_by = day_in(now, ZONE) + _REACH
    visits = await uow.pathway_visits.waiting(scope, OPEN, opens_by=opens_by)
    offers = await uow.pathways.pending_handovers(scope.manages)
    ids = {visit.pathway for visit in visits} | {offer.pathway for offer in offers}
    known = await uow.pathways.named(ids)
    found = [_visit_task(visit, known[visit.pathway], scope, now) for visit in visits]
    return [
        *(task for task in found if task is not None),
        *(_handover_task(known[offer.pathway]) for offer in offers),
    ]


def _visit_task(visit: Visit, pathway: Pathway, scope: Scope, now: datetime) -> Task | None:
    is_late = visit.state is VisitState.OVERDUE
    if visit.performer is Performer.GP and pathway.gp == scope.person:
        is_to_come = visit.state is VisitState.BOOKED and visit.appointment is not None
        is_later = is_to_come and visit.appointment is not None and visit.appointment > now
        urgency = Urgency.NOW if is_late else Urgency.LATER if is_later else Urgency.TODAY
        return _task("pathways.visit", visit, pathway, urgency)
    if is_late and pathway.responsible in scope.manages:
        return _task("pathways.overdue", visit, pathway, Urgency.NOW)
    if visit.performer is Performer.GP:
        return None
    if visit.state in LAPSING and visit.first <= day_in(now, pathway.zone) + SOON:
        if pathway.hospital in scope.manages or scope.books:
            return _task("pathways.book", visit, pathway, Urgency.TODAY)
        return None
    was_held = visit.appointment is not None and visit.appointment <= now
    if visit.state is VisitState.BOOKED and was_held and pathway.responsible in scope.manages:
        return _task("pathways.record", visit, pathway, Urgency.TODAY)
    return None


def _task(kind: str, visit: Visit, pathway: Pathway, urgency: Urgency) -> Task:
    due_at = visit.appointment or visit.overdue_from(pathway.zone)
    title = f"{pathway.code} · {visit.title}"
    return Task(kind, visit.id, title, urgency, f"/pathways/{pathway.id}", due_at)


def _handover_task(pathway: Pathway) -> Task:
    title = f"{pathway.code} · {pathway.title}"
    place = f"/pathways/{pathway.id}"
    return Task("pathways.handover", pathway.id, title, Urgency.TODAY, place)
