"""What a report is made of besides its text: signatures, critical findings, addenda, versions."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from json import dumps
from typing import Any

from server.domain.errors import Invalid, LimitExceeded
from server.domain.instants import rfc3339
from server.domain.texts import storable

NOTE_LIMIT = 2_000
"""Characters of a critical finding or an addendum."""
NOTES_LIMIT = 50
"""Critical findings, and addenda, of one report."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Who vouched for which version; `sha256` is that of its canonical content."""

    person: str
    name: str
    qualification: str
    at: datetime
    version: int
    interim: bool
    sha256: str

    def to_wire(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "person": self.person,
            "name": self.name,
            "qualification": self.qualification,
            "at": rfc3339(self.at),
            "version": self.version,
            "interim": self.interim,
            "sha256": self.sha256,
        }


@dataclass(frozen=True, slots=True)
class Critical:
    """A finding somebody must hear of: closed by who heard it, when, and that it was read back."""

    id: str
    text: str
    added_at: datetime
    receiver: str | None = None
    told_at: datetime | None = None
    read_back: bool = False

    def to_wire(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "id": self.id,
            "text": self.text,
            "added_at": rfc3339(self.added_at),
            "receiver": self.receiver,
            "told_at": rfc3339(self.told_at) if self.told_at else None,
            "read_back": self.read_back,
        }


@dataclass(frozen=True, slots=True)
class Addendum:
    """What was added to a final report, signed by itself."""

    id: str
    text: str
    person: str
    name: str
    qualification: str
    at: datetime
    sha256: str

    def to_wire(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "id": self.id,
            "text": self.text,
            "person": self.person,
            "name": self.name,
            "qualification": self.qualification,
            "at": rfc3339(self.at),
            "sha256": self.sha256,
        }


@dataclass(frozen=True, slots=True)
class Version:
    """What a report said at some moment; kept for ever."""

    report: str
    version: int
    author: str
    findings: str
    conclusion: str
    at: datetime


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of JSON with sorted keys and no spaces, as UTF-8 (like RFC 8785)."""
    text = dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()


def text_of(text: str, limit: int, path: str) -> str:
    """Text with plain line ends. Raises Invalid when it is too long."""
    text = text.replace("\r\n", "\n").strip()
    if len(text) > limit:
        raise Invalid(f"This must have at most {limit} characters.", path=path)
    return storable(text, path)


def note_of(text: str) -> str:
    """A note that says something. Raises Invalid."""
    note = text_of(text, NOTE_LIMIT, "text")
    if not note:
        raise Invalid("This needs words.", path="text")
    return note


def line_of(text: str, limit: int, path: str) -> str:
    """One line that says something. Raises Invalid."""
    line = text_of(" ".join(text.split()), limit, path)
    if not line:
        raise Invalid("This needs words.", path=path)
    return line


def require_space(notes: Sized) -> None:
    """Raise LimitExceeded when there are many."""
    if len(notes) >= NOTES_LIMIT:
        raise LimitExceeded(limit="notes")
