"""Minutes of links; overviews are counted by the database, never row by row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    and_,
    case,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.inserts import insert_all_new
from server.adapters.database.metadata import Id, Instant, metadata
from server.adapters.database.organisations import organisations
from server.adapters.database.rooms import rooms
from server.domain.call_quality import (
    POOR_SCORE,
    CallSummary,
    LinkPath,
    Minute,
    PathShare,
    Seat,
)
from server.services.ports.call_quality import CallSpan, Worst

call_minutes = Table(
    "call_minutes",
    metadata,
    Column("peer", Id, primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("call", Id, nullable=False, index=True),
    Column("room", Id, ForeignKey("rooms.id"), nullable=False),
    Column("person", Id, nullable=False),
    Column("site", Id, ForeignKey("organisations.id")),
    Column("readings", Integer, nullable=False),
    Column("score", Float, nullable=False),
    Column("score_min", Float, nullable=False),
    Column("loss_up", Float),
    Column("loss_down", Float),
    Column("jitter_ms", Float),
    Column("rtt_ms", Float),
    Column("kbps_up", Float, nullable=False),
    Column("kbps_down", Float, nullable=False),
    Column("height_up", Integer),
    Column("height_down", Integer),
    Column("freezes", Integer, nullable=False),
    Column("frozen_s", Float, nullable=False),
    Column("path", String(10)),
    Index(None, "at"),
    Index(None, "room", "at"),
)
_MEASURES = (
    "at", "readings", "score", "score_min", "loss_up", "loss_down", "jitter_ms", "rtt_ms",
    "kbps_up", "kbps_down", "height_up", "height_down", "freezes", "frozen_s",
)  # fmt: skip
_each = call_minutes.c
_LOSS = case(
    (func.coalesce(_each.loss_up, 0) > func.coalesce(_each.loss_down, 0), _each.loss_up),
    else_=_each.loss_down,
)
_POOR = func.sum(case((_each.score < POOR_SCORE, 1), else_=0))


class CallQualityRows:
    """The quality record on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, minutes: Sequence[Minute]) -> None:
        """Store some at once; those that are stored already stay."""
        if minutes:
            await insert_all_new(self._connection, call_minutes, [_row(one) for one in minutes])

    async def of_call(self, call: str, limit: int, person: str | None = None) -> Sequence[Minute]:
        """The newest of a call, of everybody or one person, oldest first."""
        query = select(call_minutes).where(_each.call == call)
        if person is not None:
            query = query.where(_each.person == person)
        query = query.order_by(_each.at.desc(), _each.peer).limit(limit)
        return [_minute(row) for row in await self._connection.execute(query)][::-1]

    async def calls(self, room_id: str, limit: int) -> Sequence[CallSpan]:
        """Calls of a room, newest first."""
        begun = func.min(_each.at)
        query = (
            select(_each.call, begun, func.max(_each.at))
            .where(_each.room == room_id)
            .group_by(_each.call)
            .order_by(begun.desc(), _each.call)
            .limit(limit)
        )
        return [CallSpan(*row) for row in await self._connection.execute(query)]

    async def of_guests(self, room_id: str, since: datetime) -> Sequence[Minute]:
        """Minutes of people without an account in a room."""
        query = select(call_minutes).where(
            _each.room == room_id, _each.at >= since, _each.person.startswith("guest:")
        )
        return [_minute(row) for row in await self._connection.execute(query)]

    async def worst(
        self,
        since: datetime,
        limit: int,
        *,
        site: str | None,
        path: LinkPath | None,
        after: Worst | None,
    ) -> Sequence[CallSummary]:
        """Calls with the lowest mean score first; of those links only, if told."""
        score = func.avg(_each.score)
        query = (
            select(
                _each.call,
                _each.room,
                rooms.c.kind,
                func.min(_each.at),
                func.max(_each.at),
                func.count(_each.person.distinct()),
                func.count(),
                _POOR,
                score,
                func.min(_each.score_min),
                func.avg(_LOSS),
                func.avg(_each.rtt_ms),
                func.sum(_each.freezes),
                func.sum(_each.frozen_s),
            )
            .join(rooms, rooms.c.id == _each.room)
            .where(_each.at >= since, *_among(site, path))
            .group_by(_each.call, _each.room, rooms.c.kind)
            .order_by(score, _each.call)
            .limit(limit)
        )
        if after is not None:
            further = and_(score == after.score, _each.call > after.call)
            query = query.having(or_(score > after.score, further))
        return [CallSummary(*row) for row in await self._connection.execute(query)]

    async def shares(self, since: datetime) -> Sequence[PathShare]:
        """By site and path."""
        query = (
            select(
                _each.site,
                organisations.c.name,
                _each.path,
                func.count(),
                _POOR,
                func.avg(_each.score),
                func.avg(_LOSS),
                func.avg(_each.rtt_ms),
            )
            .outerjoin(organisations, organisations.c.id == _each.site)
            .where(_each.at >= since)
            .group_by(_each.site, organisations.c.name, _each.path)
            .order_by(organisations.c.name, _each.path)
        )
        return [
            PathShare(site, name, LinkPath(path) if path else None, *counted)
            for site, name, path, *counted in await self._connection.execute(query)
        ]

    async def purge(self, before: datetime) -> int:
        """Delete what is older; answers how many."""
        done = await self._connection.execute(delete(call_minutes).where(_each.at < before))
        return int(done.rowcount)


def _among(site: str | None, path: LinkPath | None) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if site is not None:
        where.append(_each.site == site)
    if path is not None:
        where.append(_each.path == path.value)
    return where


def _row(one: Minute) -> dict[str, Any]:
    seat = one.seat
    whose = {
        "peer": seat.peer,
        "call": seat.call,
        "room": seat.room,
        "person": seat.person,
        "site": seat.site,
    }
    path = one.path.value if one.path else None
    return whose | {name: getattr(one, name) for name in _MEASURES} | {"path": path}


def _minute(row: Row[Any]) -> Minute:
    return Minute(
        seat=Seat(row.call, row.room, row.peer, row.person, row.site),
        path=LinkPath(row.path) if row.path else None,
        **{name: getattr(row, name) for name in _MEASURES},
    )
