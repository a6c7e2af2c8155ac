"""Sessions and their refresh tokens, of which only hashes are kept."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    String,
    Table,
    delete,
    exists,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.accounts import user_roles, users
from server.adapters.database.metadata import Id, Instant, metadata
from server.domain.access import Role
from server.domain.accounts import Status
from server.domain.sessions import RefreshToken, Session, Standing

sessions = Table(
    "sessions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("begun_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("ended_at", Instant),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("session", ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("issued_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)


class SessionRows:
    """Sessions on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, session: Session) -> None:
        """Store a new session."""
        row = insert(sessions).values(
            id=session.id,
            user=session.user,
            begun_at=session.begun_at,
            expires_at=session.expires_at,
        )
        await self._connection.execute(row)

    async def add_refresh(
        self, digest: str, session: str, issued_at: datetime, expires_at: datetime
    ) -> None:
        """Store a refresh token's SHA-256."""
        row = insert(refresh_tokens).values(
            digest=digest, session=session, issued_at=issued_at, expires_at=expires_at
        )
        await self._connection.execute(row)

    async def refresh(self, digest: str) -> RefreshToken | None:
        """A refresh token and its session, locked until the transaction ends."""
        query = (
            select(
                sessions,
                refresh_tokens.c.expires_at.label("token_expires_at"),
                refresh_tokens.c.used_at,
            )
            .join(refresh_tokens)
            .where(refresh_tokens.c.digest == digest)
            .with_for_update()
        )
        row = (await self._connection.execute(query)).one_or_none()
        if row is None:
            return None
        session = Session(row.id, row.user, row.begun_at, row.expires_at, row.ended_at)
        return RefreshToken(session, row.token_expires_at, row.used_at)

    async def use_refresh(self, digest: str, now: datetime) -> None:
        """Mark it rotated."""
        mark = update(refresh_tokens).where(refresh_tokens.c.digest == digest).values(used_at=now)
        await self._connection.execute(mark)

    async def standing(self, session: str, user: str, now: datetime) -> Standing | None:
        """None unless the session lives, is the user's, and the user is active."""
        administers = exists().where(
            user_roles.c.user == users.c.id, user_roles.c.role == Role.ADMINISTRATOR.value
        )
        query = (
            select(
                users.c.name,
                administers.label("administers"),
                users.c.totp_secret.is_not(None).label("has_totp"),
                users.c.is_demo,
            )
            .join(sessions, sessions.c.user == users.c.id)
            .where(sessions.c.id == session, users.c.id == user, *_alive(now))
        )
        row = (await self._connection.execute(query)).one_or_none()
        if row is None:
            return None
        return Standing(row.name, bool(row.administers), bool(row.has_totp), bool(row.is_demo))

    async def alive(self, ids: Collection[str], now: datetime) -> frozenset[str]:
        """Those that live and whose user is active, in one query."""
        query = (
            select(sessions.c.id)
            .join(users, sessions.c.user == users.c.id)
            .where(sessions.c.id.in_(ids), *_alive(now))
        )
        return frozenset((await self._connection.execute(query)).scalars())

    async def end(self, session: str, now: datetime) -> bool:
        """End one; False when it was already over."""
        ending = (
            update(sessions)
            .where(sessions.c.id == session, sessions.c.ended_at.is_(None))
            .values(ended_at=now)
        )
        return (await self._connection.execute(ending)).rowcount == 1

    async def end_all(self, user: str, now: datetime, but: str | None = None) -> list[str]:
        """End a user's sessions, all but one; answers which."""
        ending = (
            update(sessions)
            .where(
                sessions.c.user == user,
                sessions.c.ended_at.is_(None),
                sessions.c.expires_at > now,
                sessions.c.id != (but or ""),
            )
            .values(ended_at=now)
            .returning(sessions.c.id)
        )
        return list((await self._connection.execute(ending)).scalars())

    async def purge(self, before: datetime) -> int:
        """Forget sessions over since before; answers how many."""
        over = (sessions.c.ended_at < before) | (sessions.c.expires_at < before)
        return (await self._connection.execute(delete(sessions).where(over))).rowcount


def _alive(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        sessions.c.ended_at.is_(None),
        sessions.c.expires_at > now,
        users.c.status == Status.ACTIVE.value,
    )
