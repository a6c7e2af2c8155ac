"""Documents on their way in, resumable by either face (docs/protocol.md §6)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from server.domain.documents import clean_name, declared_type
from server.domain.errors import Conflict, Invalid, LimitExceeded
from server.domain.timeline import Sender

CHUNK_LIMIT = 256 * 1024
"""Bytes of one chunk on the socket."""

UNFINISHED_LIMIT = 20
"""Unfinished uploads of one person."""

LIFETIME = timedelta(hours=24)

_SHA256 = re.compile(r"[0-9a-f]{64}")
_CLIENT_ID_LIMIT = 64


class OffsetMismatch(Conflict):
    """The bytes do not follow what is stored; `offset` tells where to go on."""

    message = "Go on from the offset given."


class UploadBusy(Conflict):
    """Another connection is writing the same upload."""

    message = "Another connection is sending this document."


class UploadState(StrEnum):
    """Where an upload stands."""

    OPEN = "open"
    COMMITTED = "committed"


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a sender says before the first byte. `sha256` is lower-case hexadecimal."""

    room: str
    client_id: str
    name: str
    bytes: int
    sha256: str | None
    type: str

    def checked(self, bytes_limit: int) -> Announcement:
        """The same with a clean name. Raises Invalid, TypeRefused or LimitExceeded."""
        declared_type(self.type)
        if not 1 <= len(self.client_id) <= _CLIENT_ID_LIMIT or not self.client_id.isprintable():
            raise Invalid("client_id must have 1 to 64 printable characters.")
        if self.sha256 is not None and not _SHA256.fullmatch(self.sha256):
            raise Invalid("sha256 must be 64 lower-case hexadecimal digits.")
        if self.bytes < 1:
            raise Invalid("The document is empty.")
        if self.bytes > bytes_limit:
            raise LimitExceeded("The document is too large.", limit="document_max_bytes")
        name = clean_name(self.name)
        return Announcement(self.room, self.client_id, name, self.bytes, self.sha256, self.type)


@dataclass(frozen=True, slots=True)
class Upload:
    """An announced document; how much has arrived is the size of its file."""

    id: str
    sender: Sender
    announced: Announcement
    state: UploadState
    created_at: datetime

    @property
    def expires_at(self) -> datetime:
        """When it is given up, if unfinished."""
        return self.created_at + LIFETIME

    def require_same(self, announced: Announcement) -> None:
        """Raise Conflict when a repeated `client_id` announces something else."""
        mine = self.announced
        if (mine.room, mine.bytes, mine.sha256) != (
            announced.room,
            announced.bytes,
            announced.sha256,
        ):
            raise Conflict("This client_id announced another document.")

    def require_room_for(self, offset: int, size: int) -> None:
        """Raise Invalid when the bytes would run past the announced end."""
        if offset < 0 or offset + size > self.announced.bytes:
            raise Invalid("More bytes than announced.")
