"""The engine under ten thousand open guard requests: how long a cycle takes, how late it runs.

A cycle is one pass of the product's engine over what is due: deadlines, the outbox, the guard's
auditor (every 10 s) and sealing the audit. Lateness is taken of each deadline when it is met; drift
is how much later the second half of the run met them than the first.
Every request was alerted, the last step is reached and nobody answers: each sounds again every
15 s and the step fires anew every hour, evenly spread. The database is SQLite on this machine's
disk.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from sqlalchemy import Column, Table, insert, select

from server.adapters.bus import LocalBus
from server.adapters.checkpoints import CheckpointFolder
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
from server.domain.deadlines import Deadline
from server.domain.organisations import Kind, Organisation
from server.domain.sessions import SESSION_LIFETIME, Session
from server.services.audit import Audit
from server.services.deadlines import Deadlines, Handler, Together
from server.services.engine import Engine, Step
from server.services.guard_alerts import AGAIN, ESCALATE
from server.services.guard_auditor import AUDIT_S, GuardAuditor
from server.services.ports.unit_of_work import UnitOfWork
from tests.bench.report import row, tell
from tests.services.guard_cast import Ward

BATCH = 500
RADIOLOGISTS = 14
STEP_S = 3600


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
    await database.flush_outbox()
    auditor = GuardAuditor(database, clock)
    audit = Audit(database, clock, CheckpointFolder(path.parent))
    watch = Watch(clock)
    handlers = {kind: watch.over(handler) for kind, handler in ward.guard.handlers.items()}
    met = Deadlines(database, clock, handlers, patient={AGAIN}).meet
    steps = (
        Step("deadlines", 1, met),
        Step("outbox", 1, database.flush_outbox),
        Step("audit", 1, audit.seal),
        Step("guard-audit", AUDIT_S, auditor.audit),
    )
    working = Engine(clock, steps)
    await working.cycle()  # the first prepares statements
    watch.met.clear()
    cycles, computed = list[float](), list[float]()
    until = clock.monotonic() + seconds
    while clock.monotonic() < until:
        begun, spent = clock.monotonic(), time.process_time()
        await working.cycle()
        cycles.append((clock.monotonic() - begun) * 1000)
        computed.append((time.process_time() - spent) * 1000)
        await clock.sleep(max(0.0, begun + 1 - clock.monotonic()))
    await database.close()
    assert not any(dict(working.describe())["step_failures"].values()), "a step failed"  # type: ignore[attr-defined]
    late = {kind: [late for of, late in watch.met if of == kind] for kind in (ESCALATE, AGAIN)}
    every = [late for _, late in watch.met]
    half = len(every) // 2
    return {
        "requests": requests,
        "cycles": len(cycles),
        "load": round(os.getloadavg()[0], 1),
        "results": [
            row("cycle p50", "ms", quantiles(cycles, n=20)[9]),
            row("cycle p95", "ms", quantiles(cycles, n=20)[18], "target", 200.0),
            row("cycle, longest", "ms", max(cycles)),
            row("CPU of a cycle p50", "ms", quantiles(computed, n=20)[9]),
            row("CPU of a cycle p95", "ms", quantiles(computed, n=20)[18], "target", 200.0),
            row("escalations", "", len(late[ESCALATE])),
            row("repetitions", "", len(late[AGAIN])),
            row("lateness p50", "s", median(every)),
            row("lateness, worst", "s", max(every), "target", 2.0),
            row("drift", "s", median(every[half:]) - median(every[:half])),
        ],
    }


class Watch:
    """Notes how late each deadline is met."""

    def __init__(self, clock: SystemClock) -> None:
        self._clock = clock
        self.met: list[tuple[str, float]] = []

    def over(self, handler: Handler | Together) -> Handler | Together:
        """The same handler, watched."""
        if isinstance(handler, Together):
            return Together(self._together(handler))

        async def handle(uow: UnitOfWork, due: Deadline, now: datetime) -> None:
            await handler(uow, due, now)
            self._note(due)

        return handle

    def _together(self, handler: Together) -> Callable[..., Awaitable[None]]:
        async def handle(uow: UnitOfWork, dues: Sequence[Deadline], now: datetime) -> None:
            await handler.meet(uow, dues, now)
            for due in dues:
                self._note(due)

        return handle

    def _note(self, due: Deadline) -> None:
        late = (self._clock.now() - due.due_at).total_seconds()
        self.met.append((due.kind, late))


async def _fill(ward: Ward, requests: int) -> None:
    """One request filed as people do; the others are its copies under names of their own."""
    database, fresh = ward.database, ward.fresh
    hospital = Organisation(fresh.id(), "Hospital of Benchmarks", Kind.HOSPITAL, is_demo=False)
    async with database.transaction() as uow:
        await uow.organisations.add(hospital)
    nurse = await _person(ward, hospital.id, "Nina", Role.NURSE)
    models = [await _model(ward, hospital.id, nurse, at) for at in range(RADIOLOGISTS)]
    made = list[str]()
    for first in range(0, requests, BATCH):
        batch = range(first, min(first + BATCH, requests))
        names = [(fresh.id(), fresh.id(), at, models[at % RADIOLOGISTS]) for at in batch]
        async with database.transaction() as uow:
            run = uow.connection.execute
            await run(insert(rooms), [model.room | {"id": place} for _, place, _, model in names])
            copies = [
                model.request | {"id": name, "room": place, "number": at + 2}
                for name, place, at, model in names
            ]
            await run(insert(guard_requests), copies)
            rows = [model.sent | {"request": name} for name, _, _, model in names]
            await run(insert(guard_notifications), rows)
        made += [name for name, *_ in names]
    now = ward.clock.now()  # evenly spread from here on, as requests come
    waits = [timedelta(seconds=1 + at * STEP_S / requests) for at in range(requests)]
    dues = [Deadline(ESCALATE, name, now + wait) for name, wait in zip(made, waits, strict=True)]
    async with database.transaction() as uow:
        await uow.connection.execute(insert(deadlines), [asdict(due) for due in dues])
        for at, model in enumerate(models):
            due_at = now + timedelta(seconds=1 + 15 * at / RADIOLOGISTS)
            await uow.deadlines.set(Deadline(AGAIN, model.sent["person"], due_at))


@dataclass(frozen=True)
class Model:
    """The rows of a request filed as people do."""

    room: dict[str, Any]
    request: dict[str, Any]
    sent: dict[str, Any]


async def _model(ward: Ward, hospital: str, nurse: Actor, at: int) -> Model:
    """One radiologist's service, and a request of it."""
    reader = await _person(ward, hospital, f"R{at}", Role.RADIOLOGIST)
    await ward.furnish(hospital, (reader, STEP_S), name=f"CT {at}")
    made = await ward.ask(nurse)
    async with ward.database.transaction() as uow:

        async def copied(table: Table, column: Column[str], key: str) -> dict[str, Any]:
            found = await uow.connection.execute(select(table).where(column == key))
            return dict(found.one()._mapping)

        return Model(
            await copied(rooms, rooms.c.id, made["room"]),
            await copied(guard_requests, guard_requests.c.id, made["id"]),
            await copied(guard_notifications, guard_notifications.c.request, made["id"]),
        )


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
