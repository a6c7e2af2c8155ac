"""Visits of pathways: stored, listed by what waits for whom, counted by the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Row,
    and_,
    case,
    extract,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.pathway_visits import pathway_visits
from server.adapters.database.pathways import pathways, visible
from server.domain.pathway_templates import Mode, Performer
from server.domain.pathway_visits import Visit, VisitState
from server.domain.pathways import Figure
from server.services.ports.pathways import Scope


class VisitRows:
    """Visits on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, visits: Sequence[Visit]) -> None:
        """Store the visits of a new pathway."""
        await self._connection.execute(insert(pathway_visits), [asdict(visit) for visit in visits])

    async def update(self, visit: Visit) -> None:
        """Store what became of one."""
        statement = update(pathway_visits).where(pathway_visits.c.id == visit.id)
        await self._connection.execute(statement.values(asdict(visit)))

    async def find(self, visit_id: str) -> Visit | None:
        """One visit."""
        query = select(pathway_visits).where(pathway_visits.c.id == visit_id)
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _visit(row)

    async def of_pathway(self, pathway_id: str) -> Sequence[Visit]:
        """All, in order."""
        query = (
            select(pathway_visits)
            .where(pathway_visits.c.pathway == pathway_id)
            .order_by(pathway_visits.c.target, pathway_visits.c.position)
        )
        return [_visit(row) for row in (await self._connection.execute(query)).all()]

    async def waiting(
        self,
        scope: Scope,
        states: frozenset[VisitState],
        *,
        performer: Performer | None = None,
        opens_by: date | None = None,
        held_by: datetime | None = None,
        gp: str | None = None,
        limit: int = 200,
    ) -> Sequence[Visit]:
        """Visits of open pathways that the person may see, whose window ends first, first."""
        query = (
            select(pathway_visits)
            .join(pathways, pathways.c.id == pathway_visits.c.pathway)
            .where(
                pathways.c.closed_at.is_(None),
                pathway_visits.c.state.in_(state.value for state in states),
                visible(scope),
            )
            .order_by(pathway_visits.c.last, pathway_visits.c.id)
            .limit(limit)
        )
        if performer is not None:
            query = query.where(pathway_visits.c.performer == performer.value)
        if opens_by is not None:
            query = query.where(pathway_visits.c.first <= opens_by)
        if held_by is not None:
            query = query.where(pathway_visits.c.appointment < held_by)
        if gp is not None:
            query = query.where(pathways.c.gp == gp)
        return [_visit(row) for row in (await self._connection.execute(query)).all()]

    async def figures(self, first: date, last: date, today: date) -> Sequence[Figure]:
        """By hospital and month in which the window ends, aggregated by the database."""
        held, begins, ends = (pathway_visits.c[name] for name in ("held_on", "first", "last"))
        in_window = and_(held >= begins, held <= ends)
        year, month = extract("year", ends), extract("month", ends)
        query = (
            select(
                pathways.c.hospital,
                year,
                month,
                func.count(),
                func.sum(case((in_window, 1), else_=0)),
                func.sum(case((and_(held.is_not(None), ~in_window), 1), else_=0)),
            )
            .join(pathways, pathways.c.id == pathway_visits.c.pathway)
            .where(
                ends >= first,
                ends <= last,
                or_(ends < today, held.is_not(None)),
                pathway_visits.c.state != VisitState.CANCELLED.value,
            )
            .group_by(pathways.c.hospital, year, month)
            .order_by(year, month, pathways.c.hospital)
        )
        rows = (await self._connection.execute(query)).all()
        return [Figure(row[0], *(int(number) for number in row[1:])) for row in rows]


def _visit(row: Row[Any]) -> Visit:
    values = dict(row._mapping)
    return Visit(
        **values
        | {
            "mode": Mode(values["mode"]),
            "performer": Performer(values["performer"]),
            "state": VisitState(values["state"]),
        }
    )
