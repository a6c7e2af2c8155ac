"""The engine under ten thousand open guard requests: how long a cycle takes, how late it runs.

Every request was alerted and nobody answers, so each sounds again every 15 s: the heaviest that
an open request can be. The database is SQLite on this machine's disk.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any

from sqlalchemy import Table, func, insert, select

from server.adapters.bus import LocalBus
from server.adapters.clock import SystemClock
from server.adapters.database.deadlines import deadlines
from server.adapters.database.guard_notifications import guard_notifications
from server.adapters.database.guard_requests import guard_requests
from server.adapters.database.migrations import migrate
from server.adapters.database.rooms import rooms
from server.adapters.database.unit_of_work import SqlDatabase, create_engine
from server.adapters.fresh import SystemFresh
from server.domain.access import Actor, Role
from server.domain.accounts import OrganisationRole, Status, User
from server.domain.organisations import Kind, Organisation
from server.domain.sessions import SESSION_LIFETIME, Session
from server.services.engine import Engine, Step
from server.services.guard_alerts import AGAIN, ESCALATE
from server.services.guard_auditor import GuardAuditor
from tests.bench.report import row, tell
from tests.services.guard_cast import Ward

BATCH = 500


def run(seconds: float = 30.0, *, requests: int = 10_000) -> dict[str, Any]:
    """Let the engine run over so many open requests; the promise is 200 ms and no drift."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_run(Path(folder) / "bench.db", seconds, requests))


async def _run(path: Path, seconds: float, requests: int) -> dict[str, Any]:
    clock, fresh = SystemClock(), SystemFresh()
    engine = create_engine(f"sqlite+aiosqlite:///{path}")
    await migrate(engine)
    database = SqlDatabase(engine, LocalBus(), clock)
    ward = Ward(database, clock, fresh)
    await _fill(ward, requests)
    tell(f"{requests} requests are open")
    auditor = GuardAuditor(database, clock)
    steps = (Step("deadlines", 1, ward.deadlines.meet), Step("audit", 10, auditor.audit))
    working = Engine(clock, (*steps, Step("outbox", 1, database.flush_outbox)))
    cycles, lates, until = list[float](), list[float](), clock.monotonic() + seconds
    while clock.monotonic() < until:
        begun = clock.monotonic()
        await working.cycle()
        cycles.append((clock.monotonic() - begun) * 1000)
        lates.append(await _late(database, clock))
        await clock.sleep(max(0.0, begun + 1 - clock.monotonic()))
    await database.close()
    return {
        "requests": requests,
        "cycles": len(cycles),
        "results": [
            row("cycle p50", "ms", quantiles(cycles, n=20)[9]),
            row("cycle p95", "ms", quantiles(cycles, n=20)[18]),
            row("lateness at the end", "s", lates[-1]),
            row("lateness, worst", "s", max(lates)),
        ],
    }


async def _late(database: SqlDatabase, clock: SystemClock) -> float:
    async with database.reading() as uow:
        oldest = await uow.connection.scalar(select(func.min(deadlines.c.due_at)))
    return 0.0 if oldest is None else max(0.0, (clock.now() - oldest).total_seconds())


async def _fill(ward: Ward, requests: int) -> None:
    """One request filed as people do; the others are its copies under names of their own."""
    database, fresh, now = ward.database, ward.fresh, ward.clock.now()
    hospital = Organisation(fresh.id(), "Hospital of Benchmarks", Kind.HOSPITAL, is_demo=False)
    async with database.transaction() as uow:
        await uow.organisations.add(hospital)
    nurse = await _person(ward, hospital.id, "Nina", Role.NURSE)
    await ward.furnish(hospital.id, (await _person(ward, hospital.id, "R", Role.RADIOLOGIST), 3600))
    made = await ward.ask(nurse)
    async with database.transaction() as uow:

        async def copied(table: Table, key: str) -> dict[str, Any]:
            found = await uow.connection.execute(select(table).where(table.c.id == key))
            return dict(found.one()._mapping)

        room, request = await copied(rooms, made["room"]), await copied(guard_requests, made["id"])
        [sent] = await uow.guard_notifications.pending(made["id"])
    for first in range(0, requests, BATCH):
        names = [(fresh.id(), fresh.id(), at) for at in range(first, first + BATCH)]
        dues = [
            {"kind": kind, "subject": name, "due_at": now + wait, "data": {}, "attempts": 0}
            for name, _, at in names
            for kind, wait in (
                (ESCALATE, timedelta(seconds=600 + at % 3000)),
                (AGAIN, timedelta(seconds=1 + at % 15)),
            )
        ]
        rows = [
            {c.name: getattr(replace(sent, request=name), c.name) for c in guard_notifications.c}
            for name, _, _ in names
        ]
        async with database.transaction() as uow:
            run = uow.connection.execute
            await run(insert(rooms), [room | {"id": place} for _, place, _ in names])
            copies = [
                request | {"id": name, "room": place, "number": at + 2} for name, place, at in names
            ]
            await run(insert(guard_requests), copies)
            await run(insert(guard_notifications), rows)
            await run(insert(deadlines), dues)


async def _person(ward: Ward, organisation: str, name: str, role: Role) -> Actor:
    now = ward.clock.now()
    user = User(
        id=ward.fresh.id(),
        email=f"{name}@bench.example",
        name=name,
        profession="doctor",
        locale="en",
        status=Status.ACTIVE,
        is_demo=False,
        has_totp=False,
        registered_at=now,
        organisation=organisation,
        roles=(OrganisationRole(organisation, role),),
    )
    session = Session(ward.fresh.id(), user.id, now, now + SESSION_LIFETIME)
    async with ward.database.transaction() as uow:
        assert await uow.accounts.add(user, password_hash="unusable")
        await uow.sessions.add(session)
    return Actor(user.id, name, session.id)
