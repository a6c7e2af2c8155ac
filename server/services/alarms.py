"""Raising alarms about the server itself, and putting them before the administrators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from server.domain.accounts import User
from server.domain.alarms import LEASE, Alarm, AlarmKind
from server.domain.tasks import Task, Urgency
from server.services.changes import tell_changed
from server.services.ports.unit_of_work import UnitOfWork


async def raise_alarm(
    uow: UnitOfWork, kind: AlarmKind, subject: str, now: datetime, data: Mapping[str, Any]
) -> bool:
    """Let it stand for an hour from now, audited when it is new; answers whether it is."""
    is_new = await uow.alarms.put(Alarm(kind, subject, now, now + LEASE, data), now)
    if is_new:
        await uow.audit.record(now, "system", kind.value, subject, data)
        tell_changed(uow, "tasks", subject, await uow.accounts.administrators())
    return is_new


async def end_alarm(uow: UnitOfWork, kind: AlarmKind, subject: str) -> None:
    """It is over; idempotent."""
    if await uow.alarms.end(kind, subject):
        tell_changed(uow, "tasks", subject, await uow.accounts.administrators())


async def tasks(uow: UnitOfWork, user: User, now: datetime) -> Sequence[Task]:
    """What is wrong now, to administrators."""
    if not user.is_administrator:
        return ()
    return [
        Task(one.kind.value, one.subject, one.subject, Urgency.NOW, "/admin/audit", one.raised_at)
        for one in await uow.alarms.standing(now)
    ]
