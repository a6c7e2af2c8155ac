"""The audit trail as use cases write, seal and read it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from server.domain.audit import Checkpoint, Entry, Fact, Head, Record


class AuditTrail(Protocol):
    """Entries join the transaction; the engine seals them into the hash chain."""

    async def record(
        self, at: datetime, actor: str, action: str, subject: str, data: Mapping[str, Any]
    ) -> None:
        """Append an entry. `data` holds ids and codes, never patient data or secrets."""

    async def record_all(self, entries: Sequence[Fact]) -> None:
        """Append several, in order."""

    async def head(self, *, to_append: bool = False) -> Head:
        """The end of the chain; to append, it is locked until the transaction ends."""
        ...

    async def unsealed(self, limit: int) -> Sequence[Entry]:
        """Entries not yet in the chain, oldest first."""
        ...

    async def add_seals(self, records: Sequence[Record]) -> None:
        """Store the entries' places in the chain."""

    async def page(self, after: int, limit: int) -> Sequence[Entry]:
        """Entries with greater numbers, oldest first."""
        ...

    def chain(self) -> AsyncIterator[Record]:
        """Every sealed record, by position."""
        ...


class CheckpointFile(Protocol):
    """Signed checkpoints, kept outside the database; blocking."""

    def last(self) -> Checkpoint | None:
        """The newest one written here."""
        ...

    def append(self, checkpoint: Checkpoint) -> None:
        """Sign and write one, durably."""

    def verified(self) -> Sequence[Checkpoint]:
        """Every checkpoint. Raises ValueError naming one whose signature is wrong."""
        ...
