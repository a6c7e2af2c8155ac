"""Requests for shifts, and what the nightly checks of rotas found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    Row,
    Select,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.metadata import Id, Instant, metadata
from server.domain.rota_requests import NOTE_LIMIT, RequestState, ShiftRequest, Stretch
from server.services.ports.rota_requests import Check

rota_requests = Table(
    "rota_requests",
    metadata,
    Column("id", Id, primary_key=True),
    Column("rota", Id, ForeignKey("rotas.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("asker", Id, ForeignKey("users.id"), nullable=False),
    Column("asked", Id, ForeignKey("users.id"), nullable=False, index=True),
    Column("given_start", Instant, nullable=False),
    Column("given_end", Instant, nullable=False),
    Column("taken_start", Instant),
    Column("taken_end", Instant),
    Column("note", String(NOTE_LIMIT), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("state", String(20), nullable=False),
    Column("ended_at", Instant),
)

rota_checks = Table(
    "rota_checks",
    metadata,
    Column("rota", Id, ForeignKey("rotas.id", ondelete="CASCADE"), primary_key=True),
    Column("checked_at", Instant, nullable=False),
    Column("gaps", Integer, nullable=False),
    Column("first_gap", Instant),
)

duty_feeds = Table(
    "duty_feeds",
    metadata,
    Column("person", Id, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
)


class RotaRequestRows:
    """Requests, checks and feeds on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, request: ShiftRequest) -> None:
        """Store a new one."""
        values = {
            "id": request.id,
            "rota": request.rota,
            "asker": request.asker,
            "asked": request.asked,
            "given_start": request.given.start,
            "given_end": request.given.end,
            "taken_start": request.taken.start if request.taken else None,
            "taken_end": request.taken.end if request.taken else None,
            "note": request.note,
            "created_at": request.created_at,
            "state": request.state.value,
            "ended_at": request.ended_at,
        }
        await self._connection.execute(insert(rota_requests).values(values))

    async def find(self, request: str) -> ShiftRequest | None:
        """One request."""
        found = await self._read(select(rota_requests).where(rota_requests.c.id == request))
        return found[0] if found else None

    async def of_rota(self, rota: str, limit: int) -> Sequence[ShiftRequest]:
        """Those of a rota, the newest first; their ids grow with time."""
        mine = select(rota_requests).where(rota_requests.c.rota == rota)
        return await self._read(mine.order_by(rota_requests.c.id.desc()).limit(limit))

    async def asked(self, person: str, limit: int) -> Sequence[ShiftRequest]:
        """Open ones that wait for a person's answer, the oldest first."""
        waiting = select(rota_requests).where(
            rota_requests.c.asked == person, rota_requests.c.state == RequestState.OPEN.value
        )
        return await self._read(waiting.order_by(rota_requests.c.id).limit(limit))

    async def end(self, request: ShiftRequest) -> bool:
        """Store its end; False when it was no longer open."""
        statement = (
            update(rota_requests)
            .where(
                rota_requests.c.id == request.id, rota_requests.c.state == RequestState.OPEN.value
            )
            .values(state=request.state.value, ended_at=request.ended_at)
        )
        return (await self._connection.execute(statement)).rowcount == 1

    async def feed(self, person: str) -> str | None:
        """The digest of a person's feed password; None without a feed."""
        query = select(duty_feeds.c.digest).where(duty_feeds.c.person == person)
        digest: str | None = (await self._connection.execute(query)).scalar_one_or_none()
        return digest

    async def set_feed(self, person: str, digest: str | None, now: datetime) -> None:
        """Store it instead of the former, or forget it."""
        await self._connection.execute(delete(duty_feeds).where(duty_feeds.c.person == person))
        if digest is not None:
            row = {"person": person, "digest": digest, "created_at": now}
            await self._connection.execute(insert(duty_feeds).values(row))

    async def checked(self, check: Check) -> None:
        """Store what a check found instead of the former."""
        await self._connection.execute(delete(rota_checks).where(rota_checks.c.rota == check.rota))
        values = {
            "rota": check.rota,
            "checked_at": check.checked_at,
            "gaps": check.gaps,
            "first_gap": check.first_gap,
        }
        await self._connection.execute(insert(rota_checks).values(values))

    async def checks(self) -> Mapping[str, Check]:
        """The last check of each rota."""
        rows = await self._connection.execute(select(rota_checks))
        return {row.rota: Check(row.rota, row.checked_at, row.gaps, row.first_gap) for row in rows}

    async def _read(self, query: Select[Any]) -> list[ShiftRequest]:
        return [_request(row) for row in await self._connection.execute(query)]


def _request(row: Row[Any]) -> ShiftRequest:
    is_swap = row.taken_start is not None
    return ShiftRequest(
        row.id,
        row.rota,
        row.asker,
        row.asked,
        Stretch(row.given_start, row.given_end),
        Stretch(row.taken_start, row.taken_end) if is_swap else None,
        row.note,
        row.created_at,
        RequestState(row.state),
        row.ended_at,
    )
