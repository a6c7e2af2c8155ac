"""What every use-case test stands on: a real SQLite file, a clock it turns, a bus it reads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.adapters.database.migrations import all_tables
from server.adapters.database.unit_of_work import SqlDatabase, create_engine
from server.adapters.fresh import SystemFresh
from server.adapters.tokens import JwtCodec
from server.domain.access import Actor, Role
from server.domain.accounts import OrganisationRole, Status, User
from server.domain.keys import SigningKey
from server.domain.organisations import Kind, Organisation
from server.domain.sessions import SESSION_LIFETIME, Session
from server.services.ports.bus import Listener, Notice
from server.services.tokens import Tokens

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


class FakeClock:
    """A clock that moves only when told."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return (self._now - START).total_seconds()

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds=seconds)

    def advance(self, **duration: float) -> None:
        self._now += timedelta(**duration)


class RecordingBus:
    """Keeps what is published, and hands it to subscribers."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self._listeners: list[Listener] = []

    async def publish(self, notice: Notice) -> None:
        self.notices.append(notice)
        for listener in list(self._listeners):
            await listener(notice)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def start(self) -> None:
        pass

    async def close(self) -> None:
        pass

    def named(self, name: str) -> list[Notice]:
        return [notice for notice in self.notices if notice.name == name]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def bus() -> RecordingBus:
    return RecordingBus()


@pytest.fixture
def fresh() -> SystemFresh:
    return SystemFresh()


@pytest.fixture
async def database(
    tmp_path: Path, bus: RecordingBus, clock: FakeClock
) -> AsyncIterator[SqlDatabase]:
    """A temporary SQLite database with every table."""
    engine = create_engine(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    opened = SqlDatabase(engine, bus, clock)
    await create_tables(opened)
    yield opened
    await opened.close()


async def create_tables(database: SqlDatabase) -> None:
    """Create every declared table."""
    async with database.engine.begin() as connection:
        await connection.run_sync(all_tables().create_all)


@pytest.fixture
def codec() -> JwtCodec:
    return JwtCodec("guardline", [SigningKey("test-1", b"1" * 32, START - timedelta(days=1))])


@pytest.fixture
def tokens(database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, codec: JwtCodec) -> Tokens:
    return Tokens(database, clock, fresh, codec)


AddUser = Callable[..., Awaitable[Actor]]


@pytest.fixture
async def hospital(database: SqlDatabase, fresh: SystemFresh) -> Organisation:
    """One organisation."""
    organisation = Organisation(fresh.id(), "Hospital of Tests", Kind.HOSPITAL, is_demo=False)
    async with database.transaction() as uow:
        assert await uow.organisations.add(organisation)
    return organisation


@pytest.fixture
def add_user(
    database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, hospital: Organisation
) -> AddUser:
    """`await add_user("Ada", Role.NURSE)`: an active person with a live session."""

    async def add(name: str, *roles: Role, **changes: object) -> Actor:
        now = clock.now()
        user = User(
            id=fresh.id(),
            email=f"{name.lower().replace(' ', '.')}@tests.example",
            name=name,
            profession="doctor",
            locale="en",
            status=Status.ACTIVE,
            is_demo=False,
            has_totp=False,
            registered_at=now,
            organisation=hospital.id,
            roles=tuple(OrganisationRole(hospital.id, role) for role in roles),
        )
        user = replace(user, **changes)  # type: ignore[arg-type]
        session = Session(fresh.id(), user.id, now, now + SESSION_LIFETIME)
        async with database.transaction() as uow:
            assert await uow.accounts.add(user, password_hash="unusable")
            await uow.sessions.add(session)
        return Actor(user.id, name, session.id, is_administrator=Role.ADMINISTRATOR in roles)

    return add
