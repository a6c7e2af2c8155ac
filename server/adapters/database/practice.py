"""What only the training sandbox does to its database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, String, Table, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.accounts import users
from server.adapters.database.guard_notifications import guard_notifications
from server.adapters.database.memberships import memberships
from server.adapters.database.messages import messages
from server.adapters.database.metadata import Id, Instant, metadata
from server.adapters.database.reports import reports
from server.adapters.database.rooms import rooms
from server.domain.memberships import MembershipState
from server.domain.reports import ReportState
from server.domain.training import Pass

passes = Table(
    "training_passes",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("user", Id, nullable=False),
    Column("expires_at", Instant, nullable=False),
)
KEPT = frozenset(
    {
        "users",
        "user_roles",
        "organisations",
        "sessions",
        "refresh_tokens",
        "recovery_codes",
        "signing_keys",
        "vapid_keys",
        "nodes",
        "audit_entries",
    }
)


class PracticeRows:
    """The sandbox's rows on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add_pass(self, made: Pass) -> None:
        """Store a new one."""
        row = {"digest": made.digest, "user": made.user, "expires_at": made.expires_at}
        await self._connection.execute(insert(passes).values(row))

    async def take_pass(self, digest: str) -> Pass | None:
        """Remove and answer it; None when there is none, or no longer."""
        statement = delete(passes).where(passes.c.digest == digest).returning(passes)
        row = (await self._connection.execute(statement)).one_or_none()
        return None if row is None else Pass(**row._mapping)

    async def erase(self) -> None:
        """Forget everything but people, organisations, sessions and keys."""
        for table in reversed(metadata.sorted_tables):
            if table.name not in KEPT:
                await self._connection.execute(delete(table))

    async def unheard(self, before: datetime, limit: int) -> list[tuple[str, str]]:
        """Guard requests sent to a scripted radiologist by then who did not answer yet."""
        sent = guard_notifications.c
        query = (
            select(sent.request, func.min(sent.person))
            .join(users, users.c.id == sent.person)
            .where(sent.outcome.is_(None), sent.notified_at <= before, users.c.is_demo.is_(True))
            .group_by(sent.request)
            .limit(limit)
        )
        return [(request, person) for request, person in await self._connection.execute(query)]

    async def unwritten(self, before: datetime, limit: int) -> list[tuple[str, str, int]]:
        """Scripted people's drafts begun by then: report, author, version."""
        draft = reports.c
        query = (
            select(draft.id, draft.author, draft.version)
            .join(users, users.c.id == draft.author)
            .where(
                draft.state == ReportState.DRAFT.value,
                draft.created_at <= before,
                users.c.is_demo.is_(True),
            )
            .limit(limit)
        )
        return [tuple(row) for row in await self._connection.execute(query)]

    async def unanswered(self, limit: int) -> list[tuple[str, str]]:
        """Rooms whose last message is a trainee's, each with a scripted member who may answer."""
        last = (
            select(messages.c.room, func.max(messages.c.seq).label("seq"))
            .group_by(messages.c.room)
            .subquery()
        )
        author, partner = users.alias("author"), users.alias("partner")
        query = (
            select(messages.c.room, func.min(memberships.c.person))
            .join(last, (last.c.room == messages.c.room) & (last.c.seq == messages.c.seq))
            .join(rooms, rooms.c.id == messages.c.room)
            .join(author, author.c.id == messages.c.sender)
            .join(memberships, memberships.c.room == messages.c.room)
            .join(partner, partner.c.id == memberships.c.person)
            .where(
                rooms.c.closed_at.is_(None),
                author.c.is_demo.is_(False),
                partner.c.is_demo.is_(True),
                memberships.c.state == MembershipState.ACTIVE.value,
            )
            .group_by(messages.c.room)
            .limit(limit)
        )
        return [(room, person) for room, person in await self._connection.execute(query)]
