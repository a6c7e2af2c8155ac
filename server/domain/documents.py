"""Documents shared in a room: their names, kinds and descriptions."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from server.domain.errors import DomainError, Invalid
from server.domain.instants import rfc3339
from server.domain.timeline import Sender

NAME_LIMIT = 200
DOCUMENTS_LIMIT = 500
"""Documents in one room."""

_FORBIDDEN_IN_NAMES = frozenset('/\\:*?"<>|')


class TypeRefused(DomainError):
    """Not an allowed type, or not what it claims to be."""

    code = "type-refused"
    message = "This type of document is not accepted."


class HashMismatch(DomainError):
    """The bytes received are not the bytes announced."""

    code = "hash-mismatch"
    message = "The document arrived damaged: send it again."


class DocumentType(StrEnum):
    """The media types that are accepted."""

    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    DICOM = "application/dicom"


UNDECLARED = frozenset({"", "application/octet-stream"})
"""What a browser says of a file that it does not know; its bytes decide."""


@dataclass(frozen=True, slots=True)
class Document:
    """A committed document. `dicom` tells modality and study date, never the patient."""

    id: str
    room: str
    name: str
    bytes: int
    sha256: str
    type: DocumentType
    created_at: datetime
    sender: Sender
    dicom: Mapping[str, str] | None = None

    def to_wire(self) -> dict[str, Any]:
        """*Document* of docs/protocol.md §3."""
        wire: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "bytes": self.bytes,
            "sha256": self.sha256,
            "type": self.type.value,
            "created_at": rfc3339(self.created_at),
            "sender": self.sender.to_wire(),
        }
        return wire if self.dicom is None else wire | {"dicom": dict(self.dicom)}


def clean_name(name: str) -> str:
    """A file name safe to show and to save under. Raises Invalid when nothing is left."""
    normal = unicodedata.normalize("NFC", name)
    kept = (
        "_" if letter in _FORBIDDEN_IN_NAMES else letter
        for letter in normal
        if unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    )
    cleaned = " ".join("".join(kept).split()).strip(". ")
    if not cleaned:
        raise Invalid("The document needs a name.")
    return _shorten(cleaned)


def _shorten(name: str) -> str:
    """At most NAME_LIMIT characters, the extension kept."""
    if len(name) <= NAME_LIMIT:
        return name
    stem, dot, extension = name.rpartition(".")
    if dot and stem and len(extension) <= 10:
        return stem[: NAME_LIMIT - len(extension) - 1] + dot + extension
    return name[:NAME_LIMIT]


def declared_type(declared: str) -> DocumentType | None:
    """What the sender says it is; None when it does not say. Raises TypeRefused."""
    plain = declared.partition(";")[0].strip().lower()
    if plain in UNDECLARED:
        return None
    try:
        return DocumentType(plain)
    except ValueError:
        raise TypeRefused from None


def require_type(declared: str, sniffed: str | None) -> DocumentType:
    """The type by the bytes, which must not contradict the declaration. Raises TypeRefused."""
    wanted = declared_type(declared)
    found = DocumentType(sniffed) if sniffed in frozenset(DocumentType) else None
    if found is None or wanted not in {None, found}:
        raise TypeRefused
    return found
