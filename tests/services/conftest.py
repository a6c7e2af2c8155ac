"""What every use-case test stands on: a real SQLite file, a clock it turns, a bus it reads."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from limits.aio.storage import MemoryStorage

from server.adapters.clock import SystemClock
from server.adapters.database.migrations import all_tables
from server.adapters.database.unit_of_work import SqlDatabase, create_engine
from server.adapters.fresh import SystemFresh
from server.adapters.passwords import Argon2Passwords
from server.adapters.rate_limits import WindowRateLimits
from server.adapters.secret_box import AesSecretBox
from server.adapters.tokens import JwtCodec
from server.domain.access import Actor, Role
from server.domain.accounts import OrganisationRole, Status, User
from server.domain.keys import SigningKey
from server.domain.organisations import Kind, Organisation
from server.domain.sessions import SESSION_LIFETIME, Session
from server.services.ports.bus import Listener, Notice
from server.services.second_factor import SecondFactor
from server.services.sessions import Login, Origin, Sessions, SignedIn
from server.services.tokens import Tokens
from tests import prepared

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
    """Create every declared table; a new file of SQLite is a copy of one that has them."""
    url = database.engine.url
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        shutil.copyfile(prepared.tables(), str(url.database))
        return
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


PASSWORD = "correct horse battery"
HERE = Origin("127.0.0.1", is_loopback=True)
AFAR = Origin("192.0.2.7", is_loopback=False)


@pytest.fixture
def passwords() -> Argon2Passwords:
    """Real argon2id, as weak as it gets."""
    return Argon2Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def limits() -> WindowRateLimits:
    return WindowRateLimits(MemoryStorage(), SystemClock())


@pytest.fixture
def second_factor(
    database: SqlDatabase,
    clock: FakeClock,
    fresh: SystemFresh,
    passwords: Argon2Passwords,
    limits: WindowRateLimits,
) -> SecondFactor:
    return SecondFactor(database, clock, fresh, AesSecretBox(b"master"), passwords, limits)


@dataclass
class Identity:
    """Sessions of a server under one setting, and those who may sign in."""

    sessions: Sessions
    tokens: Tokens

    async def login(
        self, email: str, otp: str | None = None, origin: Origin = HERE, password: str = PASSWORD
    ) -> SignedIn:
        return await self.sessions.login(Login(email, password, otp), origin)

    async def actor(self, signed_in: SignedIn) -> Actor:
        return await self.tokens.authenticate(signed_in.access.token)


MakeIdentity = Callable[..., Identity]


@pytest.fixture
def make_identity(
    database: SqlDatabase,
    clock: FakeClock,
    fresh: SystemFresh,
    codec: JwtCodec,
    passwords: Argon2Passwords,
    second_factor: SecondFactor,
    limits: WindowRateLimits,
) -> MakeIdentity:
    """`make_identity(demo_allowed=True)`: sign-in under other settings."""

    def make(*, demo_allowed: bool = False, second_factor_required: bool = False) -> Identity:
        tokens = Tokens(
            database, clock, fresh, codec, second_factor_required=second_factor_required
        )
        sessions = Sessions(
            database,
            clock,
            fresh,
            tokens,
            passwords,
            second_factor,
            limits,
            demo_allowed=demo_allowed,
            second_factor_required=second_factor_required,
        )
        return Identity(sessions, tokens)

    return make


@pytest.fixture
def identity(make_identity: MakeIdentity) -> Identity:
    return make_identity()


@pytest.fixture
async def ada(add_user: AddUser, database: SqlDatabase, passwords: Argon2Passwords) -> Actor:
    """Ada signs in with ada@tests.example and PASSWORD."""
    actor = await add_user("Ada", Role.SPECIALIST)
    await set_password(database, passwords, actor)
    return actor


async def set_password(database: SqlDatabase, passwords: Argon2Passwords, actor: Actor) -> None:
    hashed = await passwords.hash(PASSWORD)
    async with database.transaction() as uow:
        await uow.accounts.set_password(actor.person, hashed)


async def trail(database: SqlDatabase) -> list[tuple[str, str]]:
    """What the audit says: (action, subject)."""
    async with database.reading() as uow:
        return [(entry.action, entry.subject) for entry in await uow.audit.page(0, 1000)]
