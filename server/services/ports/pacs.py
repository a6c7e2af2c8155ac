"""PACS elsewhere, and what is known of them here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from server.domain.pacs import Endpoint, Pull, RemoteStudy


class PacsStore(Protocol):
    """PACS endpoints and pulls of one transaction."""

    async def add(self, endpoint: Endpoint) -> None:
        """Store a new endpoint."""

    async def remove(self, endpoint_id: str) -> bool:
        """Forget one; False when it is unknown."""
        ...

    async def all(self) -> Sequence[Endpoint]:
        """Every endpoint, by name."""
        ...

    async def of_organisations(self, organisations: Collection[str]) -> Sequence[Endpoint]:
        """Endpoints of these organisations, by name."""
        ...

    async def find(self, endpoint_id: str) -> Endpoint | None:
        """One endpoint."""
        ...

    async def add_pull(self, pull: Pull) -> None:
        """Store a new pull."""

    async def pull(self, pull_id: str) -> Pull | None:
        """One pull."""
        ...

    async def pulls(self, study_id: str) -> Sequence[Pull]:
        """A study's pulls, newest first."""
        ...

    async def due(self, now: datetime) -> Pull | None:
        """One that waits, or whose worker died, that no other transaction holds."""
        ...

    async def update_pull(self, pull: Pull) -> None:
        """Store what changed."""


class Pacs(Protocol):
    """Speaks DICOMweb to an endpoint. Each call raises Unavailable when it does not answer."""

    async def find(
        self, endpoint: Endpoint, password: str | None, patient_id: str
    ) -> Sequence[RemoteStudy]:
        """Studies of a patient (QIDO-RS)."""
        ...

    def fetch(
        self, endpoint: Endpoint, password: str | None, study_uid: str
    ) -> AbstractAsyncContextManager[AsyncIterator[AsyncIterator[bytes]]]:
        """The instances of a study one after another, each in pieces (WADO-RS)."""
        ...
