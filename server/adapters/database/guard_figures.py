"""Guard requests with the instants of their logs, read in one pass."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.events import events
from server.adapters.database.guard_notifications import guard_notifications
from server.adapters.database.guard_requests import guard_requests
from server.domain.guard import Priority, State
from server.domain.guard_figures import Passage
from server.domain.guard_justification import Justification
from server.domain.guard_results import Promise
from server.domain.timeline import EventType

BATCH = 500
"""Rows at a time: the alerts of others are not kept waiting meanwhile."""

_request = guard_requests.c


class GuardFigureRows:
    """Passages on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def passages(
        self, begin: datetime, end: datetime, service: str | None
    ) -> AsyncIterator[Sequence[Passage]]:
        """Those filed from `begin` until just before `end`, some at a time."""
        query = _PASSAGES.where(_request.created_at >= begin, _request.created_at < end)
        if service is not None:
            query = query.where(_request.service == service)
        async with self._connection.stream(query) as found:
            async for rows in found.partitions(BATCH):
                yield [_passage(row) for row in rows]


def _first(column: ColumnElement[Any], *where: ColumnElement[bool]) -> Any:
    return select(func.min(column)).where(*where).correlate(guard_requests).scalar_subquery()


def _told(column: ColumnElement[Any]) -> Any:
    return _first(column, guard_notifications.c.request == _request.id)


def _logged(kind: EventType) -> Any:
    return _first(events.c.at, events.c.room == _request.room, events.c.type == kind.value)


def _joined() -> Any:
    """Whoever accepted entered the call, or said to have telephoned, since it was accepted."""
    takers = events.alias("takers")
    accepted = (
        select(takers.c.sender)
        .where(takers.c.room == _request.room, takers.c.type == EventType.GUARD_ACCEPTED.value)
        .correlate(guard_requests)
    )
    by_phone = and_(
        events.c.type == EventType.GUARD_WORKING.value,
        events.c.data["by_phone"].as_boolean().is_(True),
    )
    return _first(
        events.c.at,
        events.c.room == _request.room,
        or_(events.c.type == EventType.CALL_JOINED.value, by_phone),
        events.c.at >= _request.accepted_at,
        events.c.sender.in_(accepted),
    )


_PASSAGES: Select[Any] = select(
    _request.service,
    _request.organisation,
    _request.priority,
    _request.created_at,
    _request.wants_call,
    _request.promised,
    _request.state,
    _request.accepted_by,
    _request.accepted_at,
    _told(guard_notifications.c.delivered_at).label("delivered_at"),
    _told(guard_notifications.c.seen_at).label("seen_at"),
    _logged(EventType.GUARD_ACCEPTED).label("first_accepted_at"),
    _joined().label("joined_at"),
    _logged(EventType.GUARD_REPORTED).label("reported_at"),
    _request.justification,
    _request.exam_done_at,
)


def _passage(row: Row[Any]) -> Passage:
    answer = Justification.from_row(row.justification) if row.justification else None
    return Passage(
        service=row.service,
        site=row.organisation or "",
        priority=Priority(row.priority),
        created_at=row.created_at,
        wants_call=row.wants_call,
        promised=Promise(**row.promised),
        is_cancelled=row.state == State.CANCELLED.value,
        person=row.accepted_by,
        held_at=row.accepted_at,
        delivered_at=row.delivered_at,
        seen_at=row.seen_at,
        accepted_at=row.first_accepted_at,
        joined_at=row.joined_at,
        reported_at=row.reported_at,
        exam_done_at=row.exam_done_at,
        awaits_exam=row.exam_done_at is None and answer is not None and answer.allows,
    )
