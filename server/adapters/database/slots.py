"""Slots, and the bookings of which each slot has room for one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    Row,
    Select,
    Table,
    UniqueConstraint,
    delete,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.accounts import user_roles, users
from server.adapters.database.inserts import insert_new
from server.adapters.database.metadata import Id, Instant, metadata
from server.adapters.database.organisations import organisations
from server.domain.access import Role
from server.domain.accounts import Status
from server.domain.organisations import Kind
from server.domain.slots import Slot, SlotsOverlap
from server.services.ports.slots import Expert

slots = Table(
    "slots",
    metadata,
    Column("id", Id, primary_key=True),
    Column("centre", ForeignKey("organisations.id"), nullable=False),
    Column("expert", ForeignKey("users.id"), nullable=False),
    Column("starts_at", Instant, nullable=False, index=True),
    Column("minutes", Integer, nullable=False),
    UniqueConstraint("expert", "starts_at"),
)

bookings = Table(
    "bookings",
    metadata,
    Column("slot", ForeignKey("slots.id"), primary_key=True),
    Column("consultation", ForeignKey("consultations.id"), nullable=False, unique=True),
)
"""The primary key is what makes double booking impossible (hazard 13)."""


class SlotRows:
    """Slots on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, added: Sequence[Slot]) -> None:
        """Store new ones. Raises SlotsOverlap when one begins as another of its expert."""
        rows = [
            {
                "id": slot.id,
                "centre": slot.centre,
                "expert": slot.expert,
                "starts_at": slot.starts_at,
                "minutes": slot.minutes,
            }
            for slot in added
        ]
        try:
            await self._connection.execute(insert(slots), rows)
        except IntegrityError as error:
            raise SlotsOverlap from error

    async def lock(self, slot: str) -> Slot | None:
        """One that nobody else books or withdraws until this transaction ends."""
        held = select(slots.c.id).where(slots.c.id == slot).with_for_update()
        if (await self._connection.execute(held)).one_or_none() is None:
            return None
        return (await self._slots(_NAMED.where(slots.c.id == slot)))[0]

    async def book(self, slot: str, consultation: str) -> bool:
        """Take it; False when it is taken: the database allows one booking per slot."""
        row = {"slot": slot, "consultation": consultation}
        return await insert_new(self._connection, bookings, row)

    async def release(self, consultation: str) -> None:
        """Give back whatever the consultation holds."""
        statement = delete(bookings).where(bookings.c.consultation == consultation)
        await self._connection.execute(statement)

    async def remove(self, slot: str) -> None:
        """Forget one that nobody booked."""
        await self._connection.execute(delete(slots).where(slots.c.id == slot))

    async def free(
        self,
        since: datetime,
        until: datetime | None,
        centre: str | None,
        expert: str | None,
        limit: int,
    ) -> Sequence[Slot]:
        """Those that nobody booked, earliest first, named."""
        query = _NAMED.where(bookings.c.slot.is_(None), slots.c.starts_at > since)
        if until is not None:
            query = query.where(slots.c.starts_at < until)
        if centre is not None:
            query = query.where(slots.c.centre == centre)
        if expert is not None:
            query = query.where(slots.c.expert == expert)
        return await self._slots(query.order_by(slots.c.starts_at, slots.c.id).limit(limit))

    async def of_centres(
        self, centres: Collection[str], since: datetime, limit: int
    ) -> Sequence[Slot]:
        """The agenda of some centres, earliest first, named."""
        query = _NAMED.where(slots.c.centre.in_(centres), slots.c.starts_at > since)
        return await self._slots(query.order_by(slots.c.starts_at, slots.c.id).limit(limit))

    async def of_expert(self, expert: str, since: datetime) -> Sequence[Slot]:
        """Those of one expert."""
        query = _NAMED.where(slots.c.expert == expert, slots.c.starts_at > since)
        return await self._slots(query)

    async def experts(self) -> Sequence[Expert]:
        """Active specialists of the expert centres, by name."""
        query = (
            select(users.c.id, users.c.name, organisations.c.id, organisations.c.name)
            .join(user_roles, user_roles.c.user == users.c.id)
            .join(organisations, organisations.c.id == user_roles.c.organisation)
            .where(
                users.c.status == Status.ACTIVE.value,
                user_roles.c.role == Role.SPECIALIST.value,
                organisations.c.kind == Kind.ONCOLOGY_CENTRE.value,
            )
            .order_by(users.c.name, users.c.id)
        )
        return [Expert(*row) for row in (await self._connection.execute(query)).all()]

    async def staff(self, centre: str) -> Sequence[str]:
        """Active specialists and booking clerks of a centre."""
        query = (
            select(users.c.id)
            .join(user_roles, user_roles.c.user == users.c.id)
            .where(
                users.c.status == Status.ACTIVE.value,
                user_roles.c.organisation == centre,
                user_roles.c.role.in_([Role.SPECIALIST.value, Role.BOOKING_CLERK.value]),
            )
            .distinct()
        )
        return list((await self._connection.execute(query)).scalars())

    async def _slots(self, query: Select[Any]) -> list[Slot]:
        return [_slot(row) for row in (await self._connection.execute(query)).all()]


_NAMED = (
    select(
        slots,
        bookings.c.consultation,
        users.c.name.label("expert_name"),
        organisations.c.name.label("centre_name"),
    )
    .outerjoin(bookings, bookings.c.slot == slots.c.id)
    .join(users, users.c.id == slots.c.expert)
    .join(organisations, organisations.c.id == slots.c.centre)
)


def _slot(row: Row[Any]) -> Slot:
    return Slot(**row._mapping)
