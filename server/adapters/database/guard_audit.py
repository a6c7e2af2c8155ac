"""The guard's auditor asks over all requests at once: one query, however many are open."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.deadlines import deadlines
from server.adapters.database.guard_notifications import guard_consoles
from server.adapters.database.guard_requests import guard_requests
from server.adapters.database.metadata import Instant
from server.adapters.database.presence import presences
from server.domain.guard import HELD, State
from server.domain.reports import ReportState

UNATTENDED_LIMIT = 200


class GuardAuditRows:
    """Set-wide questions on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def without_next(
        self, states: Collection[State], kind: str, latest: Mapping[str, datetime], limit: int
    ) -> Sequence[str]:
        """Requests without a deadline of this kind that is due by their service's latest."""
        request = guard_requests.c
        if not latest:
            return ()
        instants = {service: literal(at, Instant()) for service, at in latest.items()}
        by = case(instants, value=request.service)
        query = select(request.id).where(
            request.service.in_(list(latest)),
            request.state.in_([state.value for state in states]),
            ~exists().where(_is(kind, request.id), deadlines.c.due_at <= by),
        )
        return list(await self._connection.scalars(query.order_by(request.id).limit(limit)))

    async def clamp(self, kind: str, latest: datetime) -> int:
        """Bring deadlines of this kind that are further away to an instant; answers how many."""
        far = deadlines.c.kind == kind, deadlines.c.due_at > latest
        statement = update(deadlines).where(*far).values(due_at=latest)
        return (await self._connection.execute(statement)).rowcount

    async def overdue(self, before: datetime) -> int:
        """How many deadlines of every kind should have been met by then."""
        query = select(func.count()).select_from(deadlines).where(deadlines.c.due_at < before)
        return int(await self._connection.scalar(query) or 0)

    async def unattended(self, kind: str, now: datetime) -> Sequence[str]:
        """Requests owed a report whose acceptor has no page open and is in no room.

        Those with a deadline of this kind are known and left out.
        """
        request = guard_requests.c
        query = select(request.id).where(
            request.state.in_([state.value for state in HELD]),
            or_(request.report_state.is_(None), request.report_state == ReportState.DRAFT.value),
            ~_attended(request.accepted_by, now),
            ~exists().where(_is(kind, request.id)),
        )
        return list(await self._connection.scalars(query.limit(UNATTENDED_LIMIT)))

    async def is_attended(self, person: str, now: datetime) -> bool:
        """Whether a page of somebody's is open, or a device of theirs is in a room."""
        return bool(await self._connection.scalar(select(_attended(person, now))))


def _is(kind: str, request: ColumnElement[str]) -> ColumnElement[bool]:
    return and_(deadlines.c.kind == kind, deadlines.c.subject == request)


def _attended(person: ColumnElement[str] | str, now: datetime) -> ColumnElement[bool]:
    page = exists().where(guard_consoles.c.person == person, guard_consoles.c.until > now)
    return or_(page, exists().where(presences.c.person == person))
