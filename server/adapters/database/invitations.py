"""Invitations; of their secrets only digests are here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Row,
    Select,
    String,
    Table,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.metadata import Id, Instant, metadata
from server.domain.access import RoomRole
from server.domain.invitations import Invitation

invitations = Table(
    "invitations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("room", Id, ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String(120), nullable=False),
    Column("role", String(20), nullable=False),
    Column("lobby", Boolean(create_constraint=False)),
    Column("code_digest", String(64), nullable=False, unique=True),
    Column("created_by", Id, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("revoked_at", Instant),
    Column("resume_digest", String(64), unique=True),
)


class InvitationRows:
    """Invitations on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, invitation: Invitation) -> None:
        """Store a new one."""
        await self._connection.execute(insert(invitations).values(asdict(invitation)))

    async def find(self, invitation_id: str) -> Invitation | None:
        """One invitation."""
        return await self._one(select(invitations).where(invitations.c.id == invitation_id))

    async def by_code(self, code_digest: str) -> Invitation | None:
        """The one whose code has this digest."""
        return await self._one(select(invitations).where(invitations.c.code_digest == code_digest))

    async def by_resume(self, resume_digest: str) -> Invitation | None:
        """The one whose resume secret has this digest."""
        return await self._one(
            select(invitations).where(invitations.c.resume_digest == resume_digest)
        )

    async def claim(self, invitation: Invitation) -> bool:
        """Store a redemption; False when somebody was faster or it was revoked."""
        statement = (
            update(invitations)
            .where(
                invitations.c.id == invitation.id,
                invitations.c.used_at.is_(None),
                invitations.c.revoked_at.is_(None),
            )
            .values(used_at=invitation.used_at, resume_digest=invitation.resume_digest)
        )
        return (await self._connection.execute(statement)).rowcount == 1

    async def revoke(self, invitation: Invitation) -> None:
        """Store the revocation."""
        statement = update(invitations).where(invitations.c.id == invitation.id)
        await self._connection.execute(statement.values(revoked_at=invitation.revoked_at))

    async def of_room(self, room_id: str) -> Sequence[Invitation]:
        """All, newest first."""
        query = (
            select(invitations)
            .where(invitations.c.room == room_id)
            .order_by(invitations.c.created_at.desc(), invitations.c.id.desc())
        )
        return [_invitation(row) for row in (await self._connection.execute(query)).all()]

    async def _one(self, query: Select[Any]) -> Invitation | None:
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _invitation(row)


def _invitation(row: Row[Any]) -> Invitation:
    values = dict(row._mapping)
    return Invitation(**values | {"role": RoomRole(values["role"])})
