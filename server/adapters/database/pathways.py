"""Pathways and their hand-overs as rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Select,
    String,
    Table,
    Text,
    case,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.accounts import user_roles, users
from server.adapters.database.memberships import memberships
from server.adapters.database.metadata import Id, Instant, metadata
from server.adapters.database.pathway_visits import pathway_visits
from server.domain.access import Role
from server.domain.accounts import Status
from server.domain.memberships import MembershipState
from server.domain.pathway_templates import NAME_LIMIT
from server.domain.pathway_visits import VisitState
from server.domain.pathways import Handover, Pathway, PathwayState
from server.services.ports.pathways import Counts, Scope

pathways = Table(
    "pathways",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", String(16), nullable=False, unique=True),
    Column("title", String(NAME_LIMIT), nullable=False),
    Column("room", Id, ForeignKey("rooms.id"), nullable=False, unique=True),
    Column("template", Id, ForeignKey("pathway_templates.id"), nullable=False),
    Column("patient", Id, ForeignKey("patients.id"), nullable=False, index=True),
    Column("hospital", Id, ForeignKey("organisations.id"), nullable=False, index=True),
    Column("responsible", Id, ForeignKey("organisations.id"), nullable=False, index=True),
    Column("gp", Id, ForeignKey("users.id"), index=True),
    Column("zone", String(64), nullable=False),
    Column("discharged_on", Date, nullable=False),
    Column("opened_by", Id, ForeignKey("users.id"), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
)

pathway_handovers = Table(
    "pathway_handovers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("pathway", Id, ForeignKey("pathways.id"), nullable=False, index=True),
    Column("origin", Id, ForeignKey("organisations.id"), nullable=False),
    Column("target", Id, ForeignKey("organisations.id"), nullable=False),
    Column("summary", Text, nullable=False),
    Column("offered_by", Id, ForeignKey("users.id"), nullable=False),
    Column("offered_at", Instant, nullable=False),
    Column("acknowledged_by", Id, ForeignKey("users.id")),
    Column("acknowledged_at", Instant),
    Column("withdrawn_at", Instant),
    Index(None, "target", "acknowledged_at"),
)

_PENDING = (
    pathway_handovers.c.acknowledged_at.is_(None),
    pathway_handovers.c.withdrawn_at.is_(None),
)


def visible(scope: Scope) -> ColumnElement[bool]:
    """Pathways that the person manages, books, visits, was offered or has a seat in."""
    desks = scope.manages | scope.books
    seated = select(memberships.c.room).where(
        memberships.c.person == scope.person,
        memberships.c.state == MembershipState.ACTIVE.value,
    )
    offered = select(pathway_handovers.c.pathway).where(
        pathway_handovers.c.target.in_(scope.manages), *_PENDING
    )
    return or_(
        pathways.c.gp == scope.person,
        pathways.c.hospital.in_(desks),
        pathways.c.responsible.in_(desks),
        pathways.c.room.in_(seated),
        pathways.c.id.in_(offered),
    )


class PathwayRows:
    """Pathways on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, pathway: Pathway) -> None:
        """Store a new one."""
        await self._connection.execute(insert(pathways).values(asdict(pathway)))

    async def is_taken(self, code: str) -> bool:
        """Whether a pathway bears this code."""
        query = select(pathways.c.id).where(pathways.c.code == code)
        return (await self._connection.execute(query)).first() is not None

    async def find(self, pathway_id: str) -> Pathway | None:
        """One pathway."""
        return await self._one(select(pathways).where(pathways.c.id == pathway_id))

    async def lock(self, pathway_id: str) -> Pathway | None:
        """The same, as it is until the transaction ends."""
        query = select(pathways).where(pathways.c.id == pathway_id).with_for_update()
        return await self._one(query)

    async def update(self, pathway: Pathway) -> None:
        """Store who is responsible and whether it is closed."""
        statement = update(pathways).where(pathways.c.id == pathway.id)
        changed = {"responsible": pathway.responsible, "closed_at": pathway.closed_at}
        await self._connection.execute(statement.values(changed))

    async def page(
        self,
        scope: Scope,
        *,
        text: str = "",
        state: PathwayState | None = None,
        room: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Sequence[Pathway]:
        """What the person may see, newest first; `text` is part of the code or the name."""
        query = select(pathways).where(visible(scope)).order_by(pathways.c.id.desc()).limit(limit)
        if text:
            wanted = text.lower()
            query = query.where(
                func.lower(pathways.c.code).contains(wanted, autoescape=True)
                | func.lower(pathways.c.title).contains(wanted, autoescape=True)
            )
        if state is not None:
            is_open = pathways.c.closed_at.is_(None)
            query = query.where(is_open if state is PathwayState.OPEN else ~is_open)
        if room is not None:
            query = query.where(pathways.c.room == room)
        if after is not None:
            query = query.where(pathways.c.id < after)
        return [Pathway(**row._mapping) for row in (await self._connection.execute(query)).all()]

    async def named(self, ids: Collection[str]) -> Mapping[str, Pathway]:
        """Those of the ids that exist, by id, in one query."""
        query = select(pathways).where(pathways.c.id.in_(ids))
        rows = (await self._connection.execute(query)).all() if ids else ()
        return {row.id: Pathway(**row._mapping) for row in rows}

    async def counts(self, ids: Collection[str]) -> Mapping[str, Counts]:
        """How far each is, in one query; those without visits are absent."""
        state = pathway_visits.c.state
        query = (
            select(
                pathway_visits.c.pathway,
                func.count(),
                func.sum(case((state == VisitState.DONE.value, 1), else_=0)),
                func.sum(case((state == VisitState.OVERDUE.value, 1), else_=0)),
            )
            .where(pathway_visits.c.pathway.in_(ids))
            .group_by(pathway_visits.c.pathway)
        )
        rows = (await self._connection.execute(query)).all() if ids else ()
        return {row[0]: Counts(row[1], row[2], row[3]) for row in rows}

    async def staff(self, role: Role, organisations: Collection[str]) -> Sequence[str]:
        """Ids of the active people who have a role in one of the organisations."""
        query = (
            select(users.c.id)
            .join(user_roles, user_roles.c.user == users.c.id)
            .where(
                user_roles.c.role == role.value,
                user_roles.c.organisation.in_(organisations),
                users.c.status == Status.ACTIVE.value,
            )
            .distinct()
        )
        return (await self._connection.execute(query)).scalars().all()

    async def add_handover(self, handover: Handover) -> None:
        """Store an offer."""
        await self._connection.execute(insert(pathway_handovers).values(asdict(handover)))

    async def answer_handover(self, handover: Handover) -> bool:
        """Store an answer; False when it was answered already."""
        statement = update(pathway_handovers).where(
            pathway_handovers.c.id == handover.id, *_PENDING
        )
        answer = {
            "acknowledged_by": handover.acknowledged_by,
            "acknowledged_at": handover.acknowledged_at,
            "withdrawn_at": handover.withdrawn_at,
        }
        return (await self._connection.execute(statement.values(answer))).rowcount == 1

    async def last_handover(self, pathway_id: str) -> Handover | None:
        """The newest that was not withdrawn."""
        query = (
            select(pathway_handovers)
            .where(
                pathway_handovers.c.pathway == pathway_id,
                pathway_handovers.c.withdrawn_at.is_(None),
            )
            .order_by(pathway_handovers.c.id.desc())
            .limit(1)
        )
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else Handover(**row._mapping)

    async def pending_handovers(self, organisations: Collection[str]) -> Sequence[Handover]:
        """What waits for these organisations, oldest first."""
        query = (
            select(pathway_handovers)
            .join(pathways, pathways.c.id == pathway_handovers.c.pathway)
            .where(
                pathway_handovers.c.target.in_(organisations),
                pathways.c.closed_at.is_(None),
                *_PENDING,
            )
            .order_by(pathway_handovers.c.offered_at)
        )
        rows = (await self._connection.execute(query)).all() if organisations else ()
        return [Handover(**row._mapping) for row in rows]

    async def _one(self, query: Select[Any]) -> Pathway | None:
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else Pathway(**row._mapping)
