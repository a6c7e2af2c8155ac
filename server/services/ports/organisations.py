"""Organisations as use cases see them."""

from __future__ import annotations

from typing import Protocol

from server.domain.organisations import Organisation


class OrganisationStore(Protocol):
    """Organisations of one transaction."""

    async def add(self, organisation: Organisation) -> bool:
        """Store a new one; False when the name is taken."""
        ...

    async def all(self) -> list[Organisation]:
        """Every one, by name."""
        ...

    async def known(self, ids: frozenset[str]) -> frozenset[str]:
        """Those of the ids that exist."""
        ...
