"""Televisits as rows; identity and consent as JSON, whom each link is for beside them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
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

from server.adapters.database.metadata import Id, Instant, NullableJson, metadata
from server.domain.rooms import TITLE_LIMIT
from server.domain.televisit_records import (
    Consent,
    Guest,
    Identification,
    Link,
    Measured,
    Quality,
    Verdict,
)
from server.domain.televisits import ENDED, State, Televisit

televisits = Table(
    "televisits",
    metadata,
    Column("id", Id, primary_key=True),
    Column("room", ForeignKey("rooms.id"), nullable=False, unique=True),
    Column("title", String(TITLE_LIMIT), nullable=False),
    Column("clinician", ForeignKey("users.id"), nullable=False),
    Column("clinician_name", String(120), nullable=False),
    Column("patient", ForeignKey("patients.id"), nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("state", String(20), nullable=False),
    Column("arrived_at", Instant),
    Column("identity", NullableJson),
    Column("consent", NullableJson),
    Column("started_at", Instant),
    Column("concluded_at", Instant),
    Column("ended_at", Instant),
    Column("link_quality", String(10)),
    Column("suitable", Boolean(create_constraint=False)),
    Column("note", Text, nullable=False),
    Column("measured", NullableJson),
    Index(None, "clinician", "starts_at"),
    Index(None, "clinician", "state"),
)

televisit_links = Table(
    "televisit_links",
    metadata,
    Column("invitation", ForeignKey("invitations.id"), primary_key=True),
    Column("televisit", ForeignKey("televisits.id"), nullable=False, index=True),
    Column("guest", String(20), nullable=False),
)


class TelevisitRows:
    """Televisits on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, televisit: Televisit) -> None:
        """Store a new one."""
        await self._connection.execute(insert(televisits).values(_row(televisit)))

    async def find(self, televisit: str) -> Televisit | None:
        """One of them."""
        return await self._one(select(televisits).where(televisits.c.id == televisit))

    async def lock(self, televisit: str) -> Televisit | None:
        """One that nobody else changes until this transaction ends."""
        query = select(televisits).where(televisits.c.id == televisit)
        return await self._one(query.with_for_update())

    async def of_room(self, room: str, *, locked: bool = False) -> Televisit | None:
        """The one whose room this is."""
        query = select(televisits).where(televisits.c.room == room)
        return await self._one(query.with_for_update() if locked else query)

    async def update(self, televisit: Televisit) -> None:
        """Store what moved."""
        statement = update(televisits).where(televisits.c.id == televisit.id)
        await self._connection.execute(statement.values(_row(televisit)))

    async def agenda(self, clinician: str, since: datetime, until: datetime) -> Sequence[Televisit]:
        """Those that begin in the interval, earliest first."""
        begins = televisits.c.starts_at
        return await self._all(
            select(televisits).where(
                televisits.c.clinician == clinician, begins >= since, begins < until
            )
        )

    async def unfinished(self, clinician: str) -> Sequence[Televisit]:
        """Those that have not ended, earliest first."""
        lasting = [state.value for state in State if state not in ENDED]
        return await self._all(
            select(televisits).where(
                televisits.c.clinician == clinician, televisits.c.state.in_(lasting)
            )
        )

    async def add_link(self, link: Link) -> None:
        """Remember whom an invitation is for."""
        values = {
            "invitation": link.invitation,
            "televisit": link.televisit,
            "guest": link.guest.value,
        }
        await self._connection.execute(insert(televisit_links).values(values))

    async def links(self, televisit: str) -> Sequence[Link]:
        """All of a televisit."""
        query = select(televisit_links).where(televisit_links.c.televisit == televisit)
        rows = (await self._connection.execute(query)).all()
        return [Link(row.invitation, row.televisit, Guest(row.guest)) for row in rows]

    async def _all(self, query: Select[Any]) -> Sequence[Televisit]:
        ordered = query.order_by(televisits.c.starts_at, televisits.c.id)
        return [_televisit(row) for row in (await self._connection.execute(ordered)).all()]

    async def _one(self, query: Select[Any]) -> Televisit | None:
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _televisit(row)


def _row(one: Televisit) -> dict[str, Any]:
    said = one.verdict
    return {
        "id": one.id,
        "room": one.room,
        "title": one.title,
        "clinician": one.clinician,
        "clinician_name": one.clinician_name,
        "patient": one.patient,
        "reason": one.reason,
        "starts_at": one.starts_at,
        "minutes": one.minutes,
        "created_at": one.created_at,
        "state": one.state.value,
        "arrived_at": one.arrived_at,
        "identity": one.identity.to_wire() if one.identity else None,
        "consent": one.consent.to_wire() if one.consent else None,
        "started_at": one.started_at,
        "concluded_at": one.concluded_at,
        "ended_at": one.ended_at,
        "link_quality": said.link_quality.value if said.link_quality else None,
        "suitable": said.suitable,
        "note": said.note,
        "measured": said.measured.to_wire() if said.measured else None,
    }


def _televisit(row: Row[Any]) -> Televisit:
    verdict = Verdict(
        Quality(row.link_quality) if row.link_quality else None,
        row.suitable,
        row.note,
        Measured(**row.measured) if row.measured else None,
    )
    return Televisit(
        id=row.id,
        room=row.room,
        title=row.title,
        clinician=row.clinician,
        clinician_name=row.clinician_name,
        patient=row.patient,
        reason=row.reason,
        starts_at=row.starts_at,
        minutes=row.minutes,
        created_at=row.created_at,
        state=State(row.state),
        arrived_at=row.arrived_at,
        identity=Identification.from_wire(row.identity) if row.identity else None,
        consent=Consent.from_wire(row.consent) if row.consent else None,
        started_at=row.started_at,
        concluded_at=row.concluded_at,
        ended_at=row.ended_at,
        verdict=verdict,
    )
