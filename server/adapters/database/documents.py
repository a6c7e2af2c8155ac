"""Documents in rooms."""

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
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.metadata import Id, Instant, NullableJson, metadata
from server.domain.documents import NAME_LIMIT, Document, DocumentType
from server.domain.timeline import Sender

documents = Table(
    "documents",
    metadata,
    Column("id", Id, primary_key=True),
    Column("room", Id, ForeignKey("rooms.id"), nullable=False),
    Column("name", String(NAME_LIMIT), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("type", String(80), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("sender", Id, nullable=False),
    Column("sender_name", String(200), nullable=False),
    Column("dicom", NullableJson),
    Column("removed_at", Instant),
    Index("ix_documents_room_created_at", "room", "created_at"),
    Index("ix_documents_removed_at", "removed_at"),
)
_columns = documents.c


def _document(row: Row[tuple[object, ...]]) -> Document:
    return Document(
        row.id,
        row.room,
        row.name,
        row.bytes,
        row.sha256,
        DocumentType(row.type),
        row.created_at,
        Sender(row.sender, row.sender_name),
        row.dicom,
    )


class DocumentRows:
    """The documents on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, document: Document) -> None:
        """Store a document's description."""
        row = insert(documents).values(
            id=document.id,
            room=document.room,
            name=document.name,
            bytes=document.bytes,
            sha256=document.sha256,
            type=document.type.value,
            created_at=document.created_at,
            sender=document.sender.id,
            sender_name=document.sender.name,
            dicom=dict(document.dicom) if document.dicom else None,
        )
        await self._connection.execute(row)

    async def find(self, room: str, document: str) -> Document | None:
        """One of a room's documents, unless removed."""
        query = select(documents).where(
            _columns.id == document, _columns.room == room, _columns.removed_at.is_(None)
        )
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _document(row)

    async def list(self, room: str) -> Sequence[Document]:
        """A room's documents, oldest first, without the removed."""
        query = (
            select(documents)
            .where(_columns.room == room, _columns.removed_at.is_(None))
            .order_by(_columns.created_at, _columns.id)
        )
        return [_document(row) for row in await self._connection.execute(query)]

    async def count(self, room: str) -> int:
        """How many a room has."""
        query = select(func.count()).where(_columns.room == room, _columns.removed_at.is_(None))
        return int((await self._connection.execute(query)).scalar_one())

    async def remove(self, document: str, now: datetime) -> None:
        """Mark as removed."""
        row = update(documents).where(_columns.id == document).values(removed_at=now)
        await self._connection.execute(row)

    async def removed(self, limit: int) -> Sequence[str]:
        """Removed documents whose files are still to be deleted."""
        query = select(_columns.id).where(_columns.removed_at.is_not(None)).limit(limit)
        return list((await self._connection.execute(query)).scalars())

    async def purge(self, documents_: Sequence[str]) -> None:
        """Forget removed documents whose files are gone."""
        if documents_:
            row = delete(documents).where(_columns.id.in_(documents_))
            await self._connection.execute(row)
