"""Stored templates of reports."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from server.domain.report_templates import ReportTemplate


class ReportTemplateStore(Protocol):
    """The templates of one transaction."""

    async def add(self, template: ReportTemplate) -> None:
        """Store a new one."""

    async def find(self, template: str) -> ReportTemplate | None:
        """One template."""
        ...

    async def of_organisations(self, organisations: Collection[str]) -> Sequence[ReportTemplate]:
        """Those that organisations keep, by name."""
        ...

    async def update(self, template: ReportTemplate) -> bool:
        """Store it as the next version; False when it is not this version."""
        ...

    async def remove(self, template: ReportTemplate) -> None:
        """Forget one."""
