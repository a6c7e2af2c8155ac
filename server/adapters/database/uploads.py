"""Uploads under way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Row,
    String,
    Table,
    UniqueConstraint,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.metadata import Id, Instant, metadata
from server.domain.documents import NAME_LIMIT
from server.domain.timeline import Sender
from server.domain.uploads import Announcement, Upload, UploadState

uploads = Table(
    "uploads",
    metadata,
    Column("id", Id, primary_key=True),
    Column("room", Id, ForeignKey("rooms.id"), nullable=False),
    Column("sender", Id, nullable=False),
    Column("sender_name", String(200), nullable=False),
    Column("client_id", String(64), nullable=False),
    Column("name", String(NAME_LIMIT), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64)),
    Column("type", String(200), nullable=False),
    Column("state", String(20), nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("sender", "client_id"),
    Index("ix_uploads_state_created_at", "state", "created_at"),
)
_columns = uploads.c


def _upload(row: Row[tuple[object, ...]]) -> Upload:
    announced = Announcement(row.room, row.client_id, row.name, row.bytes, row.sha256, row.type)
    sender = Sender(row.sender, row.sender_name)
    return Upload(row.id, sender, announced, UploadState(row.state), row.created_at)


class UploadRows:
    """The uploads on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, upload: Upload) -> None:
        """Store an upload. Its (sender, client_id) must be new."""
        announced = upload.announced
        row = insert(uploads).values(
            id=upload.id,
            room=announced.room,
            sender=upload.sender.id,
            sender_name=upload.sender.name,
            client_id=announced.client_id,
            name=announced.name,
            bytes=announced.bytes,
            sha256=announced.sha256,
            type=announced.type,
            state=upload.state.value,
            created_at=upload.created_at,
        )
        await self._connection.execute(row)

    async def find(self, upload: str) -> Upload | None:
        """One upload."""
        query = select(uploads).where(_columns.id == upload)
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _upload(row)

    async def by_client_id(self, person: str, client_id: str) -> Upload | None:
        """What this person announced under this id."""
        query = select(uploads).where(_columns.sender == person, _columns.client_id == client_id)
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _upload(row)

    async def count_open(self, person: str) -> int:
        """How many a person has unfinished."""
        query = select(func.count()).where(
            _columns.sender == person, _columns.state == UploadState.OPEN.value
        )
        return int((await self._connection.execute(query)).scalar_one())

    async def commit(self, upload: str) -> bool:
        """Open → committed; False when it was not open."""
        row = (
            update(uploads)
            .where(_columns.id == upload, _columns.state == UploadState.OPEN.value)
            .values(state=UploadState.COMMITTED.value)
        )
        return (await self._connection.execute(row)).rowcount == 1

    async def delete(self, upload: str) -> None:
        """Forget an upload."""
        await self._connection.execute(delete(uploads).where(_columns.id == upload))

    async def expired(self, before: datetime, limit: int) -> Sequence[str]:
        """Uploads begun before an instant and not committed."""
        query = (
            select(_columns.id)
            .where(_columns.state == UploadState.OPEN.value, _columns.created_at < before)
            .limit(limit)
        )
        return list((await self._connection.execute(query)).scalars())

    async def forget_committed(self, before: datetime) -> None:
        """Forget committed uploads begun before an instant."""
        row = delete(uploads).where(
            _columns.state == UploadState.COMMITTED.value, _columns.created_at < before
        )
        await self._connection.execute(row)
