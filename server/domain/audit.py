"""The audit trail as a hash chain: each record seals all before it.

A record's hash is SHA-256 over the former hash and the record's canonical JSON (RFC 8785 for the
values used here). Signed checkpoints of the chain's head leave the database, so that truncation
and a rewritten chain show too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

GENESIS = "0" * 64
CHECKPOINT_EVERY = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Fact:
    """What happened, before it has a number."""

    at: datetime
    actor: str
    action: str
    subject: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened; `n` is the number it was written under."""

    n: int
    at: datetime
    actor: str
    action: str
    subject: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """A sealed entry: its place in the chain and the hash up to it, hex."""

    position: int
    entry: Entry
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain."""

    position: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A head as it was signed outside the database."""

    position: int
    hash: str
    at: datetime

    def to_bytes(self) -> bytes:
        """What is signed."""
        return _canonical({"at": _instant(self.at), "hash": self.hash, "position": self.position})


def digest(former: str, position: int, entry: Entry) -> str:
    """The hash of a record, hex."""
    content = {
        "action": entry.action,
        "actor": entry.actor,
        "at": _instant(entry.at),
        "data": entry.data,
        "former": former,
        "n": entry.n,
        "position": position,
        "subject": entry.subject,
    }
    return hashlib.sha256(_canonical(content)).hexdigest()


def seal(head: Head, entries: Iterable[Entry]) -> Iterator[Record]:
    """Append entries to the chain, in this order."""
    for entry in entries:
        position = head.position + 1
        head = Head(position, digest(head.hash, position, entry))
        yield Record(position, entry, head.hash)


def is_checkpoint_due(head: Head, last: Checkpoint | None, now: datetime) -> bool:
    """Whether the head moved, and not just a moment after the last checkpoint."""
    if last is None:
        return head.position > 0
    return head.position > last.position and now - last.at >= CHECKPOINT_EVERY


class Break(StrEnum):
    """How a chain is broken."""

    MISSING = "missing"
    """No record stands at this position, though later ones do."""
    ALTERED = "altered"
    """The record does not match its hash, or its hash not the former one."""
    TRUNCATED = "truncated"
    """A checkpoint knows records after the last one."""
    REWRITTEN = "rewritten"
    """The chain holds, but a checkpoint knew another hash at this position."""


@dataclass(frozen=True, slots=True)
class Problem:
    """The first broken record; `n` is None where there is no record."""

    kind: Break
    position: int
    n: int | None = None

    def __str__(self) -> str:
        entry = "" if self.n is None else f" (entry {self.n})"
        return f"record {self.position}{entry} is {self.kind}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found."""

    head: Head
    checkpoints: int
    problem: Problem | None = None

    @property
    def is_intact(self) -> bool:
        """Whether nothing is broken."""
        return self.problem is None


class Verifier:
    """Checks a chain record by record, against checkpoints of verified signature."""

    def __init__(self, checkpoints: Iterable[Checkpoint]) -> None:
        self._head = Head()
        self._witnessed: dict[int, set[str]] = {}
        self._checkpoints = 0
        for checkpoint in checkpoints:
            self._witnessed.setdefault(checkpoint.position, set()).add(checkpoint.hash)
            self._checkpoints += 1

    def add(self, record: Record) -> Problem | None:
        """Check the next record by position; after a problem nothing more is worth checking."""
        expected = self._head.position + 1
        if record.position > expected:
            return Problem(Break.MISSING, expected)
        if record.position < expected or not _is_true(self._head, record):
            return Problem(Break.ALTERED, record.position, record.entry.n)
        if self._witnessed.get(record.position, set()) - {record.hash}:
            return Problem(Break.REWRITTEN, record.position, record.entry.n)
        self._head = Head(record.position, record.hash)
        return None

    def finish(self, problem: Problem | None = None) -> Verdict:
        """What was found; without a problem so far, whether the end is the chain's end."""
        if problem is None and max(self._witnessed, default=0) > self._head.position:
            problem = Problem(Break.TRUNCATED, self._head.position + 1)
        return Verdict(self._head, self._checkpoints, problem)


def verify(records: Iterable[Record], checkpoints: Iterable[Checkpoint]) -> Verdict:
    """Check a whole chain, given by position; stops at the first problem."""
    verifier = Verifier(checkpoints)
    problems = map(verifier.add, records)
    return verifier.finish(next(filter(None, problems), None))


def _is_true(head: Head, record: Record) -> bool:
    try:
        return digest(head.hash, record.position, record.entry) == record.hash
    except (TypeError, ValueError):  # what cannot be written as JSON was never sealed
        return False


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _canonical(value: Any) -> bytes:
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )
    return text.encode()
