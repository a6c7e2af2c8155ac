"""Patients as rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Column, Date, Select, String, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.inserts import insert_new
from server.adapters.database.metadata import Id, metadata
from server.domain.patients import IDENTIFIER_LIMIT, NAME_LIMIT, Patient

patients = Table(
    "patients",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(NAME_LIMIT), nullable=False),
    Column("birth_date", Date, nullable=False),
    Column("identifier", String(IDENTIFIER_LIMIT), nullable=False, unique=True),
)


class PatientRows:
    """Patients on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, patient: Patient) -> bool:
        """Store a new one; False when the identifier is taken."""
        return await insert_new(self._connection, patients, asdict(patient))

    async def by_identifier(self, identifier: str) -> Patient | None:
        """The one with this identifier."""
        return await self._one(select(patients).where(patients.c.identifier == identifier))

    async def find(self, patient: str) -> Patient | None:
        """One patient."""
        return await self._one(select(patients).where(patients.c.id == patient))

    async def named(self, ids: Collection[str]) -> Mapping[str, Patient]:
        """Those of the ids that exist, by id, in one query."""
        query = select(patients).where(patients.c.id.in_(ids))
        rows = (await self._connection.execute(query)).all() if ids else ()
        return {row.id: Patient(**row._mapping) for row in rows}

    async def _one(self, query: Select[Any]) -> Patient | None:
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else Patient(**row._mapping)
