"""Stored templates of follow-up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from server.domain.pathway_templates import Template


class TemplateStore(Protocol):
    """The templates of one transaction."""

    async def add(self, template: Template) -> None:
        """Store a new one."""

    async def update(self, template: Template) -> None:
        """Store a revision or retirement."""

    async def find(self, template_id: str) -> Template | None:
        """One template."""
        ...

    async def all(self) -> Sequence[Template]:
        """Every one, retired ones last, by name."""
        ...
