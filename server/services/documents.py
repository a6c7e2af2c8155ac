"""Documents of a room: list, read, remove."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from server.domain.access import Ability, Actor
from server.domain.documents import Document
from server.domain.errors import NotFound
from server.domain.timeline import EventType, Sender
from server.services.ports.clock import Clock, Fresh
from server.services.ports.documents import BlobStore
from server.services.ports.unit_of_work import Database
from server.services.rooms import Rooms
from server.services.timeline import append

PIECE = 1024 * 1024
"""Bytes read at once while streaming."""


class Documents:
    """Use cases of committed documents."""

    def __init__(
        self, database: Database, clock: Clock, fresh: Fresh, rooms: Rooms, blobs: BlobStore
    ) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._rooms = rooms
        self._blobs = blobs

    async def permit(self, actor: Actor, room_id: str) -> None:
        """Raise unless the actor may read the room's documents now."""
        async with self._database.reading() as uow:
            await self._rooms.access(uow, actor, room_id, Ability.DOCUMENTS, even_closed=True)

    async def list(self, actor: Actor, room_id: str) -> Sequence[Document]:
        """The room's documents, oldest first."""
        async with self._database.reading() as uow:
            await self._rooms.access(uow, actor, room_id, Ability.DOCUMENTS, even_closed=True)
            return await uow.documents.list(room_id)

    async def find(self, actor: Actor, room_id: str, document_id: str) -> Document:
        """One document. Raises NotFound."""
        async with self._database.reading() as uow:
            await self._rooms.access(uow, actor, room_id, Ability.DOCUMENTS, even_closed=True)
            document = await uow.documents.find(room_id, document_id)
        if document is None:
            raise NotFound
        return document

    async def opened(self, actor: Actor, room_id: str, document_id: str) -> Document:
        """The same, with an audit entry: somebody reads it."""
        document = await self.find(actor, room_id, document_id)
        async with self._database.transaction() as uow:
            now = self._clock.now()
            facts = {"room": room_id}
            await uow.audit.record(now, actor.person, "document.read", document_id, facts)
        return document

    async def stream(self, document: Document, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to, not including, `stop`, in constant memory."""
        while start < stop:
            piece = await self._blobs.read(document.id, start, min(PIECE, stop - start))
            if not piece:
                raise NotFound
            start += len(piece)
            yield piece

    async def read(self, document: Document, offset: int, size: int) -> bytes:
        """One piece of a document that the caller was allowed a moment ago."""
        return await self._blobs.read(document.id, offset, size)

    async def remove(self, actor: Actor, room_id: str, document_id: str) -> None:
        """Take back one's own document, or moderate away another's."""
        async with self._database.transaction() as uow:
            access = await self._rooms.access(uow, actor, room_id, Ability.DOCUMENTS)
            document = await uow.documents.find(room_id, document_id)
            if document is None:
                raise NotFound
            if document.sender.id != actor.person:
                access.grants.require(Ability.MODERATE)
            now = self._clock.now()
            await uow.documents.remove(document_id, now)
            sender = Sender(actor.person, access.membership.name)
            data = {"id": document_id}
            kind = EventType.DOCUMENT_REMOVED
            await append(uow, room_id, kind, sender, data, now, self._fresh)
            facts = {"room": room_id}
            await uow.audit.record(now, actor.person, "document.removed", document_id, facts)

    async def purge(self) -> int:
        """Delete the files of removed documents; answers how many."""
        async with self._database.reading() as uow:
            removed = await uow.documents.removed(limit=100)
        for document_id in removed:
            await self._blobs.delete(document_id)
        async with self._database.transaction() as uow:
            await uow.documents.purge(removed)
        return len(removed)
