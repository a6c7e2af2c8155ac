"""Templates of follow-up as rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, ForeignKey, Row, String, Table, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.metadata import Id, Instant, Json, metadata
from server.domain.pathway_templates import NAME_LIMIT, Step, Template

pathway_templates = Table(
    "pathway_templates",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(NAME_LIMIT), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("steps", Json, nullable=False),
    Column("created_by", Id, ForeignKey("users.id"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("retired_at", Instant),
)


class TemplateRows:
    """Templates on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, template: Template) -> None:
        """Store a new one."""
        await self._connection.execute(insert(pathway_templates).values(_values(template)))

    async def update(self, template: Template) -> None:
        """Store a revision or retirement."""
        statement = update(pathway_templates).where(pathway_templates.c.id == template.id)
        await self._connection.execute(statement.values(_values(template)))

    async def find(self, template_id: str) -> Template | None:
        """One template."""
        query = select(pathway_templates).where(pathway_templates.c.id == template_id)
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _template(row)

    async def all(self) -> Sequence[Template]:
        """Every one, retired ones last, by name."""
        query = select(pathway_templates).order_by(
            pathway_templates.c.retired_at.is_not(None),
            pathway_templates.c.name,
            pathway_templates.c.id,
        )
        return [_template(row) for row in (await self._connection.execute(query)).all()]


def _values(template: Template) -> dict[str, Any]:
    return {
        "id": template.id,
        "name": template.name,
        "zone": template.zone,
        "steps": [step.to_wire() for step in template.steps],
        "created_by": template.created_by,
        "created_at": template.created_at,
        "retired_at": template.retired_at,
    }


def _template(row: Row[Any]) -> Template:
    values = dict(row._mapping)
    return Template(**values | {"steps": tuple(map(Step.from_wire, values["steps"]))})
