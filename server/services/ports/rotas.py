"""Stored rotas."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from server.domain.rota import Override, Rota


class RotaStore(Protocol):
    """The rotas of one transaction, with their members and overrides."""

    async def add(self, rota: Rota) -> bool:
        """Store a new one; False when its organisation has one of this name."""
        ...

    async def find(self, rota: str) -> Rota | None:
        """One rota."""
        ...

    async def all(self) -> Sequence[Rota]:
        """Every one, by name, in a fixed number of queries."""
        ...

    async def named(self, rotas: Collection[str]) -> Mapping[str, Rota]:
        """Those of the ids that exist, by id, in a fixed number of queries."""
        ...

    async def update(self, rota: Rota) -> bool:
        """Store all but the overrides as the next version; False when it is not this version.

        Raises Conflict when its organisation has another of this name.
        """
        ...

    async def lock(self, rota: str) -> None:
        """Let nobody else change it until this transaction ends."""

    async def add_override(self, rota: str, override: Override) -> None:
        """Store a new one."""

    async def remove_override(self, rota: str, override: str) -> bool:
        """Forget one; False when there is none."""
        ...
