"""Templates of reports as rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    Row,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.metadata import Id, Instant, metadata
from server.domain.report_templates import MODALITY_LIMIT, NAME_LIMIT, Headings, ReportTemplate

report_templates = Table(
    "report_templates",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation", Id, ForeignKey("organisations.id"), nullable=False, index=True),
    Column("name", String(NAME_LIMIT), nullable=False),
    Column("modality", String(MODALITY_LIMIT), nullable=False),
    Column("findings", Text, nullable=False),
    Column("conclusion", Text, nullable=False),
    Column("changed_by", Id, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("version", Integer, nullable=False),
)
_column = report_templates.c


class ReportTemplateRows:
    """Templates on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, template: ReportTemplate) -> None:
        """Store a new one."""
        await self._connection.execute(insert(report_templates).values(_values(template)))

    async def find(self, template: str) -> ReportTemplate | None:
        """One template."""
        query = select(report_templates).where(_column.id == template)
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _template(row)

    async def of_organisations(self, organisations: Collection[str]) -> Sequence[ReportTemplate]:
        """Those that organisations keep, by name."""
        query = select(report_templates).where(_column.organisation.in_(organisations))
        rows = await self._connection.execute(query.order_by(_column.name, _column.id))
        return [_template(row) for row in rows]

    async def update(self, template: ReportTemplate) -> bool:
        """Store it as the next version; False when it is not this version."""
        here = _column.id == template.id, _column.version == template.version
        row = _values(template) | {"version": template.version + 1}
        statement = update(report_templates).where(*here).values(row)
        return (await self._connection.execute(statement)).rowcount == 1

    async def remove(self, template: ReportTemplate) -> None:
        """Forget one."""
        await self._connection.execute(delete(report_templates).where(_column.id == template.id))


def _values(template: ReportTemplate) -> dict[str, Any]:
    values = asdict(template)
    headings: dict[str, Any] = values.pop("headings")
    return values | headings


def _template(row: Row[Any]) -> ReportTemplate:
    headings = Headings(row.name, row.modality, row.findings, row.conclusion)
    return ReportTemplate(
        row.id, row.organisation, headings, row.changed_by, row.changed_at, row.version
    )
