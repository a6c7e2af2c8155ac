"""Stored documents and uploads, and the files that hold them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from server.domain.documents import Document
from server.domain.studies import ImageTags
from server.domain.uploads import Upload


class DocumentStore(Protocol):
    """The documents of one transaction."""

    async def add(self, document: Document) -> None:
        """Store a document's description."""

    async def find(self, room: str, document: str) -> Document | None:
        """One of a room's documents, unless removed."""
        ...

    async def list(self, room: str) -> Sequence[Document]:
        """A room's documents, oldest first, without the removed."""
        ...

    async def count(self, room: str) -> int:
        """How many a room has."""
        ...

    async def remove(self, document: str, now: datetime) -> None:
        """Mark as removed."""

    async def removed(self, limit: int) -> Sequence[str]:
        """Removed documents whose files are still to be deleted."""
        ...

    async def purge(self, documents: Sequence[str]) -> None:
        """Forget removed documents whose files are gone."""


class UploadStore(Protocol):
    """The uploads of one transaction."""

    async def add(self, upload: Upload) -> None:
        """Store an upload. Its (sender, client_id) must be new."""

    async def find(self, upload: str) -> Upload | None:
        """One upload."""
        ...

    async def by_client_id(self, person: str, client_id: str) -> Upload | None:
        """What this person announced under this id."""
        ...

    async def count_open(self, person: str) -> int:
        """How many a person has unfinished."""
        ...

    async def commit(self, upload: str) -> bool:
        """Open → committed; False when it was not open."""
        ...

    async def delete(self, upload: str) -> None:
        """Forget an upload."""

    async def expired(self, before: datetime, limit: int) -> Sequence[str]:
        """Uploads begun before an instant and not committed."""
        ...

    async def forget_committed(self, before: datetime) -> None:
        """Forget committed uploads begun before an instant."""


class BlobStore(Protocol):
    """Files by id: partial ones grow at their end, whole ones are read."""

    async def size(self, blob: str) -> int:
        """Bytes of a partial file, durable up to the last `append` or `sync`; 0 without one."""
        ...

    async def append(self, blob: str, offset: int, data: bytes, *, sync: bool = True) -> int:
        """Add at the end and answer the new size; with `sync`, durable when it answers.

        Raises OffsetMismatch, UploadBusy, or LimitExceeded when the disk is full.
        """
        ...

    async def sync(self, blob: str) -> None:
        """Make what was appended durable."""

    async def require_space(self, size: int) -> None:
        """Raise LimitExceeded unless so many more bytes fit."""

    async def digest(self, blob: str) -> str:
        """SHA-256 of a partial file, hexadecimal."""
        ...

    async def inspect(self, blob: str) -> tuple[str | None, dict[str, str] | None]:
        """Sniff a partial file: its media type, and modality and study date if DICOM."""
        ...

    async def tags(self, blob: str) -> ImageTags | None:
        """What a DICOM file says of its patient and place; None for anything else."""
        ...

    async def promote(self, blob: str) -> None:
        """Make a partial file a whole one, durably; idempotent."""

    async def is_whole(self, blob: str) -> bool:
        """Whether it was promoted."""
        ...

    async def read(self, blob: str, offset: int, size: int) -> bytes:
        """Bytes of a whole file. Raises NotFound."""
        ...

    async def delete(self, blob: str) -> None:
        """Remove a file, partial or whole; idempotent."""
