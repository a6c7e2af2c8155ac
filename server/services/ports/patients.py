"""Stored patients."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from server.domain.patients import Patient


class PatientStore(Protocol):
    """The patients of one transaction."""

    async def add(self, patient: Patient) -> bool:
        """Store a new one; False when the identifier is taken."""
        ...

    async def by_identifier(self, identifier: str) -> Patient | None:
        """The one with this identifier."""
        ...

    async def find(self, patient: str) -> Patient | None:
        """One patient."""
        ...

    async def named(self, patients: Collection[str]) -> Mapping[str, Patient]:
        """Those of the ids that exist, by id, in one query."""
        ...
