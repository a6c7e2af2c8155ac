"""Stored reports."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from server.domain.report_parts import Version
from server.domain.reports import Report, ReportKind


class ReportStore(Protocol):
    """The reports of one transaction."""

    async def add(self, report: Report) -> bool:
        """Store a new one; False when the case has one of this kind."""
        ...

    async def find(self, report_id: str) -> Report | None:
        """One report."""
        ...

    async def lock(self, report_id: str) -> Report | None:
        """The same, held until the transaction ends."""
        ...

    async def of_subject(self, kind: ReportKind, subject: str) -> Report | None:
        """A case's report."""
        ...

    async def of_subjects(
        self, kind: ReportKind, subjects: Collection[str]
    ) -> Mapping[str, Report]:
        """Reports by case, in one query."""
        ...

    async def of_room(self, room_id: str) -> Sequence[Report]:
        """A room's reports, oldest first."""
        ...

    async def update(self, report: Report) -> None:
        """Store what changed."""

    async def keep(self, version: Version) -> None:
        """Add a version; versions never change."""

    async def version(self, report_id: str, version: int) -> Version | None:
        """What a report said."""
        ...

    async def versions(self, report_id: str) -> Sequence[Version]:
        """Everything a report ever said, oldest first."""
        ...

    async def unheard(self, author: str) -> Sequence[Report]:
        """An author's reports with critical findings that nobody read back."""
        ...
