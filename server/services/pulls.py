"""Bringing studies from a PACS: claimed rows, instance by instance, resumed after a crash."""

from __future__ import annotations

from collections.abc import AsyncIterator

import structlog

from server.domain.documents import DOCUMENTS_LIMIT, Document, DocumentType
from server.domain.errors import DomainError, LimitExceeded, NotFound, Unavailable
from server.domain.pacs import (
    INSTANCE_BYTES_LIMIT,
    INSTANCES_LIMIT,
    PULL_BYTES_LIMIT,
    Endpoint,
    Pull,
)
from server.domain.patients import Patient
from server.domain.studies import Image, Study, Verdict
from server.domain.timeline import EventType, Sender
from server.services.changes import tell_changed
from server.services.pacs import PacsDesk
from server.services.ports.clock import Clock, Fresh
from server.services.ports.documents import BlobStore
from server.services.ports.pacs import Pacs
from server.services.ports.unit_of_work import Database
from server.services.timeline import append

log = structlog.get_logger(__name__)

PAUSE_S = 1.0


class Pulls:
    """A worker; any number of them in any number of processes share the rows."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        fresh: Fresh,
        blobs: BlobStore,
        pacs: Pacs,
        desk: PacsDesk,
    ) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._blobs = blobs
        self._pacs = pacs
        self._desk = desk

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            try:
                did = await self.work()
            except Exception as error:
                log.error("pull-failed", error=type(error).__name__)
                did = False
            if not did:
                await self._clock.sleep(PAUSE_S)

    async def work(self) -> bool:
        """Bring one study; False when none waits."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            due = await uow.pacs.due(now)
            if due is None:
                return False
            pull = due.claim(now)
            await uow.pacs.update_pull(pull)
            study = await uow.studies.find(pull.study)
            patient = None if study is None else await uow.patients.find(study.patient)
            endpoint = await uow.pacs.find(pull.endpoint)
            known = {one.instance_uid for one in await uow.studies.images(pull.study)}
        try:
            if study is None or patient is None or endpoint is None:
                raise NotFound
            bringing = _Bringing(self, pull, study, patient, known)
            await bringing.all_from(endpoint)
            await self._close(bringing.pull.finish(), study)
        except DomainError as error:
            again = isinstance(error, Unavailable)
            failed = pull.fail(error.code, self._clock.now(), again=again)
            await self._close(failed, study)
        return True

    async def _close(self, pull: Pull, study: Study | None) -> None:
        now = self._clock.now()
        async with self._database.transaction() as uow:
            await uow.pacs.update_pull(pull)
            if study is None:
                return
            data = {"pull": pull.id, "state": pull.state.value, "received": pull.received}
            sender = Sender(pull.by, pull.by_name)
            kind = EventType.STUDY_PULLED
            if pull.leased_until is None:
                await append(uow, study.room, kind, sender, data, now, self._fresh)
                await uow.audit.record(now, pull.by, kind.value, study.id, data)
            tell_changed(uow, "studies", study.id, [study.requester])


class _Bringing:
    """One pull under way."""

    def __init__(
        self, worker: Pulls, pull: Pull, study: Study, patient: Patient, known: set[str]
    ) -> None:
        self._worker = worker
        self.pull = pull
        self._study = study
        self._patient = patient
        self._known = known
        self._bytes = 0

    async def all_from(self, endpoint: Endpoint) -> None:
        """Receive every instance. Raises Unavailable, LimitExceeded."""
        worker, received, refused = self._worker, 0, 0
        password = worker._desk.password_of(endpoint)
        async with worker._pacs.fetch(endpoint, password, self.pull.study_uid) as parts:
            async for pieces in parts:
                if received + refused >= INSTANCES_LIMIT:
                    raise LimitExceeded(limit="instances")
                is_ours = await self._one(pieces, received + refused + 1)
                received, refused = received + is_ours, refused + (not is_ours)
                await self._keep_lease(received, refused)

    async def _keep_lease(self, received: int, refused: int) -> None:
        worker = self._worker
        self.pull = self.pull.advance(received, refused, worker._clock.now())
        async with worker._database.transaction() as uow:
            await uow.pacs.update_pull(self.pull)

    async def _one(self, pieces: AsyncIterator[bytes], number: int) -> bool:
        """Store one instance; False when it is no image of this patient."""
        worker, blob = self._worker, self._worker._fresh.id()
        kept = False
        try:
            size = await self._receive(blob, pieces)
            sniffed, told = await worker._blobs.inspect(blob)
            tags = await worker._blobs.tags(blob)
            if sniffed != DocumentType.DICOM or tags is None:
                return False
            if tags.verdict(self._patient) is not Verdict.MATCH:
                return False
            if tags.instance_uid in self._known:
                return True
            digest = await worker._blobs.digest(blob)
            image = Image(
                blob,
                self._study.id,
                Verdict.MATCH,
                tags.study_uid,
                tags.series_uid,
                tags.instance_uid,
            )
            await worker._blobs.promote(blob)
            await self._publish(image, f"{number:04d}.dcm", size, digest, told)
            self._known.add(tags.instance_uid)
            kept = True
            return True
        finally:
            if not kept:
                await worker._blobs.delete(blob)

    async def _receive(self, blob: str, pieces: AsyncIterator[bytes]) -> int:
        worker, size = self._worker, 0
        async for piece in pieces:
            self._bytes += len(piece)
            if size + len(piece) > INSTANCE_BYTES_LIMIT or self._bytes > PULL_BYTES_LIMIT:
                raise LimitExceeded(limit="bytes")
            if size == 0:
                await worker._blobs.require_space(INSTANCE_BYTES_LIMIT)
            size = await worker._blobs.append(blob, size, piece, sync=False)
        if size:
            await worker._blobs.sync(blob)
        return size

    async def _publish(
        self, image: Image, name: str, size: int, sha256: str, told: dict[str, str] | None
    ) -> None:
        worker, room = self._worker, self._study.room
        now = worker._clock.now()
        sender = Sender(self.pull.by, self.pull.by_name)
        document = Document(
            image.document, room, name, size, sha256, DocumentType.DICOM, now, sender, told
        )
        async with worker._database.transaction() as uow:
            if await uow.documents.count(room) >= DOCUMENTS_LIMIT:
                raise LimitExceeded(limit="documents")
            await uow.documents.add(document)
            await uow.studies.add_images([image])
            kind = EventType.DOCUMENT_ADDED
            await append(uow, room, kind, sender, document.to_wire(), now, worker._fresh)
            facts = {"room": room, "bytes": size, "sha256": sha256, "pull": self.pull.id}
            await uow.audit.record(now, sender.id, kind.value, document.id, facts)
