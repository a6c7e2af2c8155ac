"""What televisits ask of a clinician: to let the patient in, to be there, to write the report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from server.domain.accounts import User
from server.domain.tasks import Task, Urgency
from server.domain.televisits import ARRIVED, State, Televisit
from server.services.ports.unit_of_work import UnitOfWork

TODAY = timedelta(hours=16)
"""How far ahead the next visits are of today."""


async def tasks(uow: UnitOfWork, user: User, now: datetime) -> Sequence[Task]:
    """The person's tasks, in one query."""
    found = [_task(one, now) for one in await uow.televisits.unfinished(user.id)]
    return [task for task in found if task is not None]


def _task(one: Televisit, now: datetime) -> Task | None:
    if one.state in ARRIVED:
        return _of("waiting", one, Urgency.NOW, f"/rooms/{one.room}")
    if one.state is State.IN_PROGRESS:
        return _of("next", one, Urgency.NOW, f"/rooms/{one.room}")
    if one.state is State.REPORT_PENDING:
        return _of("report", one, Urgency.TODAY, f"/televisits/{one.id}")
    if one.starts_at <= now + TODAY:
        return _of("next", one, Urgency.TODAY, f"/televisits/{one.id}")
    return None


def _of(kind: str, one: Televisit, urgency: Urgency, place: str) -> Task:
    return Task(f"televisits.{kind}", one.id, one.title, urgency, place, one.starts_at)
