"""Consultations as rows; the appointment stands beside the case, the steps taken as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.metadata import Id, Instant, Json, metadata
from server.adapters.database.opinions import consulted_doctors
from server.domain.consultations import Appointment, ClinicalCase, Consultation, State, Step
from server.domain.opinions import Outcome
from server.domain.rooms import TITLE_LIMIT
from server.services.ports.consultations import Wanted

consultations = Table(
    "consultations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("room", ForeignKey("rooms.id"), nullable=False, unique=True),
    Column("title", String(TITLE_LIMIT), nullable=False),
    Column("requester", ForeignKey("users.id"), nullable=False, index=True),
    Column("requester_name", String(120), nullable=False),
    Column("patient", ForeignKey("patients.id"), nullable=False, index=True),
    Column("diagnosis", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("prior_treatment", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("state", String(20), nullable=False),
    Column("round", Integer, nullable=False),
    Column("slot", Id),
    Column("centre", ForeignKey("organisations.id")),
    Column("expert", ForeignKey("users.id")),
    Column("expert_name", String(120)),
    Column("starts_at", Instant),
    Column("minutes", Integer),
    Column("documents_open", Boolean(create_constraint=False), nullable=False),
    Column("outcome", String(20)),
    Column("steps", Json, nullable=False),
    Index(None, "centre", "state"),
)

_APPOINTMENT = ("slot", "centre", "expert", "expert_name", "starts_at", "minutes")


class ConsultationRows:
    """Consultations on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, consultation: Consultation) -> None:
        """Store a new one."""
        await self._connection.execute(insert(consultations).values(_row(consultation)))

    async def find(self, consultation: str) -> Consultation | None:
        """One of them."""
        return await self._one(select(consultations).where(consultations.c.id == consultation))

    async def lock(self, consultation: str) -> Consultation | None:
        """One that nobody else changes until this transaction ends."""
        query = select(consultations).where(consultations.c.id == consultation)
        return await self._one(query.with_for_update())

    async def of_room(self, room: str) -> Consultation | None:
        """The one whose room this is."""
        return await self._one(select(consultations).where(consultations.c.room == room))

    async def update(self, consultation: Consultation) -> None:
        """Store what moved."""
        statement = update(consultations).where(consultations.c.id == consultation.id)
        await self._connection.execute(statement.values(_row(consultation)))

    async def list(self, wanted: Wanted) -> Sequence[Consultation]:
        """Newest first."""
        query = select(consultations).where(consultations.c.state.in_(wanted.states))
        if wanted.requester is not None:
            query = query.where(consultations.c.requester == wanted.requester)
        if wanted.centres is not None:
            query = query.where(consultations.c.centre.in_(wanted.centres))
        if wanted.doctor is not None:
            asked = consulted_doctors.c.person == wanted.doctor
            query = query.where(
                consultations.c.id.in_(select(consulted_doctors.c.consultation).where(asked))
            )
        if wanted.before is not None:
            query = query.where(consultations.c.id < wanted.before)
        query = query.order_by(consultations.c.id.desc()).limit(wanted.limit)
        return [_consultation(row) for row in (await self._connection.execute(query)).all()]

    async def _one(self, query: Select[Any]) -> Consultation | None:
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _consultation(row)


def _row(one: Consultation) -> dict[str, Any]:
    booked = asdict(one.appointment) if one.appointment else dict.fromkeys(_APPOINTMENT)
    return {
        "id": one.id,
        "room": one.room,
        "title": one.title,
        "requester": one.requester,
        "requester_name": one.requester_name,
        "patient": one.patient,
        **asdict(one.case),
        "created_at": one.created_at,
        "state": one.state.value,
        "round": one.round,
        **booked,
        "documents_open": one.documents_open,
        "outcome": one.outcome.value if one.outcome else None,
        "steps": [step.to_wire() for step in one.steps],
    }


def _consultation(row: Row[Any]) -> Consultation:
    booked = {name: getattr(row, name) for name in _APPOINTMENT}
    return Consultation(
        id=row.id,
        room=row.room,
        title=row.title,
        requester=row.requester,
        requester_name=row.requester_name,
        patient=row.patient,
        case=ClinicalCase(row.diagnosis, row.question, row.prior_treatment),
        created_at=row.created_at,
        state=State(row.state),
        round=row.round,
        appointment=Appointment(**booked) if row.slot is not None else None,
        documents_open=row.documents_open,
        outcome=Outcome(row.outcome) if row.outcome else None,
        steps=tuple(Step.from_wire(step) for step in row.steps),
    )
