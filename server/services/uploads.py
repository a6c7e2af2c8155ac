"""Documents on their way in: one service with two faces, the socket and tus 1.0."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.access import Ability, Actor
from server.domain.documents import (
    DOCUMENTS_LIMIT,
    Document,
    HashMismatch,
    TypeRefused,
    require_type,
)
from server.domain.errors import Conflict, LimitExceeded, NotFound
from server.domain.timeline import EventType, Sender
from server.domain.uploads import (
    LIFETIME,
    UNFINISHED_LIMIT,
    Announcement,
    Upload,
    UploadState,
)
from server.services.ports.clock import Clock, Fresh
from server.services.ports.documents import BlobStore
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.rooms import Rooms
from server.services.timeline import append


@dataclass(frozen=True, slots=True)
class Progress:
    """An upload and how many of its bytes are durable."""

    upload: Upload
    offset: int

    @property
    def is_complete(self) -> bool:
        """Whether every byte is there."""
        return self.offset == self.upload.announced.bytes


class Uploads:
    """Use cases of uploads."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        fresh: Fresh,
        rooms: Rooms,
        blobs: BlobStore,
        bytes_limit: int,
    ) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._rooms = rooms
        self._blobs = blobs
        self.bytes_limit = bytes_limit

    async def begin(self, actor: Actor, announced: Announcement) -> Progress:
        """Announce a document, or find the one already announced under this `client_id`."""
        checked = announced.checked(self.bytes_limit)
        async with self._database.transaction() as uow:
            access = await self._rooms.access(uow, actor, checked.room, Ability.DOCUMENTS)
            upload = await uow.uploads.by_client_id(actor.person, checked.client_id)
            if upload is None:
                await self._require_capacity(uow, actor, checked)
                sender = Sender(actor.person, access.membership.name)
                now = self._clock.now()
                upload = Upload(self._fresh.id(), sender, checked, UploadState.OPEN, now)
                await uow.uploads.add(upload)
            upload.require_same(checked)
        return await self._progress(upload)

    async def find(self, actor: Actor, upload_id: str) -> Progress:
        """An upload of one's own. Raises NotFound for anybody else's."""
        async with self._database.reading() as uow:
            return await self._progress(await self._mine(uow, actor, upload_id))

    async def append(
        self, actor: Actor, upload_id: str, offset: int, data: bytes, *, sync: bool = True
    ) -> int:
        """Authorise, then add bytes; answers the new offset. Raises OffsetMismatch."""
        progress = await self.find(actor, upload_id)
        return await self.append_to(progress.upload, offset, data, sync=sync)

    async def append_to(
        self, upload: Upload, offset: int, data: bytes, *, sync: bool = True
    ) -> int:
        """Add bytes to an upload that the caller was allowed a moment ago."""
        upload.require_room_for(offset, len(data))
        return await self._blobs.append(upload.id, offset, data, sync=sync)

    async def sync(self, upload: Upload) -> None:
        """Make appended bytes durable."""
        await self._blobs.sync(upload.id)

    async def commit(self, actor: Actor, upload_id: str) -> Document:
        """Check and publish a complete document; a repeat answers the same document.

        Raises Conflict while bytes are missing, and discards the upload with HashMismatch or
        TypeRefused.
        """
        progress = await self.find(actor, upload_id)
        upload = progress.upload
        if upload.state is UploadState.COMMITTED:
            return await self._committed(actor, upload)
        if not progress.is_complete:
            raise Conflict("Bytes are missing.", offset=progress.offset)
        document = await self._examine(upload)
        if not await self._blobs.is_whole(upload.id):
            await self._blobs.promote(upload.id)
        return await self._announce(actor, upload, document)

    async def abort(self, actor: Actor, upload_id: str) -> None:
        """Give an upload up. Raises Conflict once committed."""
        async with self._database.transaction() as uow:
            upload = await self._mine(uow, actor, upload_id)
            if upload.state is UploadState.COMMITTED:
                raise Conflict("The document is already in the room.")
            await uow.uploads.delete(upload.id)
        await self._blobs.delete(upload.id)

    async def expire(self) -> int:
        """Give up what was begun a day ago and not finished; answers how many."""
        before = self._clock.now() - LIFETIME
        async with self._database.transaction() as uow:
            expired = await uow.uploads.expired(before, limit=100)
            for upload_id in expired:
                await uow.uploads.delete(upload_id)
            await uow.uploads.forget_committed(before)
        for upload_id in expired:
            await self._blobs.delete(upload_id)
        return len(expired)

    async def _require_capacity(self, uow: UnitOfWork, actor: Actor, new: Announcement) -> None:
        if await uow.uploads.count_open(actor.person) >= UNFINISHED_LIMIT:
            raise LimitExceeded("Finish or cancel other transfers first.", limit="uploads")
        if await uow.documents.count(new.room) >= DOCUMENTS_LIMIT:
            raise LimitExceeded("This room is full of documents.", limit="documents")
        await self._blobs.require_space(new.bytes)

    async def _mine(self, uow: UnitOfWork, actor: Actor, upload_id: str) -> Upload:
        upload = await uow.uploads.find(upload_id)
        if upload is None or upload.sender.id != actor.person:
            raise NotFound
        await self._rooms.access(uow, actor, upload.announced.room, Ability.DOCUMENTS)
        return upload

    async def _progress(self, upload: Upload) -> Progress:
        if upload.state is UploadState.COMMITTED or await self._blobs.is_whole(upload.id):
            return Progress(upload, upload.announced.bytes)
        return Progress(upload, await self._blobs.size(upload.id))

    async def _examine(self, upload: Upload) -> Document:
        announced = upload.announced
        digest = await self._blobs.digest(upload.id)
        try:
            if announced.sha256 not in {None, digest}:
                raise HashMismatch
            sniffed, dicom = await self._blobs.inspect(upload.id)
            kind = require_type(announced.type, sniffed)
        except (HashMismatch, TypeRefused):
            await self._discard(upload)
            raise
        return Document(
            upload.id,
            announced.room,
            announced.name,
            announced.bytes,
            digest,
            kind,
            self._clock.now(),
            upload.sender,
            dicom,
        )

    async def _discard(self, upload: Upload) -> None:
        async with self._database.transaction() as uow:
            await uow.uploads.delete(upload.id)
            await uow.audit.record(
                self._clock.now(), upload.sender.id, "document.refused", upload.id, {}
            )
        await self._blobs.delete(upload.id)

    async def _announce(self, actor: Actor, upload: Upload, document: Document) -> Document:
        async with self._database.transaction() as uow:
            await self._rooms.access(uow, actor, document.room, Ability.DOCUMENTS)
            if not await uow.uploads.commit(upload.id):
                already = await uow.documents.find(document.room, document.id)
                if already is None:
                    raise NotFound
                return already
            await uow.documents.add(document)
            data = document.to_wire()
            now = self._clock.now()
            kind = EventType.DOCUMENT_ADDED
            await append(uow, document.room, kind, upload.sender, data, now, self._fresh)
            facts = {"room": document.room, "bytes": document.bytes, "sha256": document.sha256}
            await uow.audit.record(now, actor.person, "document.added", document.id, facts)
        return document

    async def _committed(self, actor: Actor, upload: Upload) -> Document:
        async with self._database.reading() as uow:
            document = await uow.documents.find(upload.announced.room, upload.id)
        if document is None:
            raise NotFound
        return document
