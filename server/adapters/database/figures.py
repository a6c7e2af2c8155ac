"""Figures counted by the database, never row by row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, extract, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.events import events
from server.adapters.database.guard_requests import guard_requests
from server.adapters.database.rooms import rooms
from server.adapters.database.televisits import televisits
from server.domain.figures import ACCEPT_S, Measure, Share, Span, Use
from server.domain.rooms import RoomKind
from server.domain.timeline import EventType


class FigureRows:
    """Figures on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def use(self, span: Span) -> Sequence[Use]:
        """By month and service."""
        year, month = extract("year", rooms.c.created_at), extract("month", rooms.c.created_at)
        called = exists().where(
            events.c.room == rooms.c.id, events.c.type == EventType.CALL_JOINED.value
        )
        query = (
            select(year, month, rooms.c.kind, func.count(), _count(called))
            .where(rooms.c.created_at >= span.begin, rooms.c.created_at < span.end)
            .group_by(year, month, rooms.c.kind)
            .order_by(year, month, rooms.c.kind)
        )
        rows = await self._connection.execute(query)
        return [
            Use(date(int(year), int(month), 1), RoomKind(kind), opened, calls)
            for year, month, kind, opened, calls in rows
        ]

    async def guard(self, span: Span) -> Sequence[Share]:
        """How requests filed in the span were answered."""
        asked = guard_requests.c
        waited = self._seconds(asked.created_at, asked.accepted_at)
        query = select(
            func.count(),
            _count(and_(asked.accepted_at.is_not(None), waited <= ACCEPT_S)),
            _count(asked.no_cover.is_(False)),
        ).where(asked.created_at >= span.begin, asked.created_at < span.end)
        all_, in_time, covered = (await self._connection.execute(query)).one()
        return [
            Share(Measure.GUARD_ACCEPTED_IN_TIME, in_time, all_),
            Share(Measure.GUARD_COVERED, covered, all_),
        ]

    async def televisits(self, span: Span) -> Sequence[Share]:
        """How televisits concluded in the span went."""
        held = televisits.c
        query = select(
            func.count(), _count(held.link_quality == "good"), _count(held.suitable.is_(True))
        ).where(held.concluded_at >= span.begin, held.concluded_at < span.end)
        all_, good, suitable = (await self._connection.execute(query)).one()
        return [
            Share(Measure.TELEVISIT_GOOD_LINK, good, all_),
            Share(Measure.TELEVISIT_SUITABLE, suitable, all_),
        ]

    def _seconds(self, begin: ColumnElement[Any], end: ColumnElement[Any]) -> ColumnElement[Any]:
        if self._connection.dialect.name == "sqlite":
            return (func.julianday(end) - func.julianday(begin)) * 86_400
        return extract("epoch", end - begin)


def _count(condition: ColumnElement[bool] | Any) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
