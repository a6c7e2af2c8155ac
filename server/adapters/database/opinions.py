"""Opinions, syntheses and those consulted, as rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, Row, String, Table, Text, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.inserts import insert_new
from server.adapters.database.metadata import Id, Instant, NullableJson, metadata
from server.domain.opinions import Doctor, Opinion, Outcome, Seal, Synthesis

consulted_doctors = Table(
    "consulted_doctors",
    metadata,
    Column("consultation", ForeignKey("consultations.id"), primary_key=True),
    Column("person", ForeignKey("users.id"), primary_key=True, index=True),
    Column("name", String(120), nullable=False),
    Column("qualification", String(80), nullable=False),
    Column("organisation", String(200), nullable=False),
    Column("invited_by", Id, nullable=False),
    Column("invited_at", Instant, nullable=False),
)

opinions = Table(
    "opinions",
    metadata,
    Column("consultation", ForeignKey("consultations.id"), primary_key=True),
    Column("round", Integer, primary_key=True, autoincrement=False),
    Column("doctor", ForeignKey("users.id"), primary_key=True),
    Column("text", Text, nullable=False),
    Column("position", String(20)),
    Column("seal", NullableJson),
)

syntheses = Table(
    "syntheses",
    metadata,
    Column("consultation", ForeignKey("consultations.id"), primary_key=True),
    Column("round", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("disagreement", Text, nullable=False),
    Column("outcome", String(20)),
    Column("seal", NullableJson),
)


class OpinionRows:
    """Opinions on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def ask(self, doctor: Doctor) -> bool:
        """Store whose opinion is asked; False when it already is."""
        return await insert_new(self._connection, consulted_doctors, asdict(doctor))

    async def unask(self, consultation: str, person: str) -> None:
        """Do without somebody."""
        statement = delete(consulted_doctors).where(
            consulted_doctors.c.consultation == consultation, consulted_doctors.c.person == person
        )
        await self._connection.execute(statement)

    async def doctors(self, consultations: Collection[str]) -> Sequence[Doctor]:
        """Whose opinion is asked, in the order of asking."""
        query = (
            select(consulted_doctors)
            .where(consulted_doctors.c.consultation.in_(consultations))
            .order_by(consulted_doctors.c.invited_at, consulted_doctors.c.person)
        )
        return [Doctor(**row._mapping) for row in await self._all(query, consultations)]

    async def save(self, opinion: Opinion) -> None:
        """Insert or replace."""
        row = {
            "consultation": opinion.consultation,
            "round": opinion.round,
            "doctor": opinion.doctor,
            "text": opinion.text,
            "position": opinion.position.value if opinion.position else None,
            "seal": opinion.seal.to_wire() if opinion.seal else None,
        }
        former = delete(opinions).where(
            opinions.c.consultation == opinion.consultation,
            opinions.c.round == opinion.round,
            opinions.c.doctor == opinion.doctor,
        )
        await self._connection.execute(former)
        await self._connection.execute(insert(opinions).values(row))

    async def of(self, consultations: Collection[str]) -> Sequence[Opinion]:
        """All opinions, drafts too, by round."""
        query = (
            select(opinions)
            .where(opinions.c.consultation.in_(consultations))
            .order_by(opinions.c.round, opinions.c.doctor)
        )
        return [Opinion(**_opened(row)) for row in await self._all(query, consultations)]

    async def save_synthesis(self, synthesis: Synthesis) -> None:
        """Insert or replace."""
        row = {
            "consultation": synthesis.consultation,
            "round": synthesis.round,
            "text": synthesis.text,
            "disagreement": synthesis.disagreement,
            "outcome": synthesis.outcome.value if synthesis.outcome else None,
            "seal": synthesis.seal.to_wire() if synthesis.seal else None,
        }
        former = delete(syntheses).where(
            syntheses.c.consultation == synthesis.consultation,
            syntheses.c.round == synthesis.round,
        )
        await self._connection.execute(former)
        await self._connection.execute(insert(syntheses).values(row))

    async def syntheses(self, consultations: Collection[str]) -> Sequence[Synthesis]:
        """All syntheses, drafts too, by round."""
        query = (
            select(syntheses)
            .where(syntheses.c.consultation.in_(consultations))
            .order_by(syntheses.c.round)
        )
        return [Synthesis(**_opened(row)) for row in await self._all(query, consultations)]

    async def _all(self, query: Any, consultations: Collection[str]) -> Sequence[Row[Any]]:
        return (await self._connection.execute(query)).all() if consultations else ()


def _opened(row: Row[Any]) -> dict[str, Any]:
    """A row with its words of fixed meaning and its signature parsed."""
    values = dict(row._mapping)
    for name in ("position", "outcome"):
        if values.get(name) is not None:
            values[name] = Outcome(values[name])
    if values["seal"] is not None:
        values["seal"] = Seal.from_wire(values["seal"])
    return values
