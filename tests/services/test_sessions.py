"""Signing in and staying in: one way in, many ways to be refused, each one written down."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.passwords import Argon2Passwords
from server.domain.access import Actor, Role
from server.domain.accounts import (
    AccountPending,
    AccountSuspended,
    CredentialsInvalid,
    DemoRefused,
    Status,
)
from server.domain.errors import DomainError, Forbidden, RateLimited, Unauthenticated
from server.domain.sessions import RefreshReused
from tests.services.conftest import (
    AFAR,
    HERE,
    PASSWORD,
    AddUser,
    FakeClock,
    Identity,
    MakeIdentity,
    RecordingBus,
    set_password,
    trail,
)

EMAIL = "ada@tests.example"


async def test_a_session_begins(identity: Identity, ada: Actor, database: SqlDatabase) -> None:
    signed_in = await identity.login(" ADA@tests.example ")
    actor = await identity.actor(signed_in)
    assert (actor.person, actor.name) == (ada.person, "Ada")
    assert not signed_in.enrolment_required
    assert signed_in.user.roles[0].role is Role.SPECIALIST
    assert ("login", ada.person) in await trail(database)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (EMAIL, "wrong"),
        (EMAIL, ""),
        ("nobody@tests.example", PASSWORD),
        ("", PASSWORD),
        ("\0", PASSWORD),
        ("\ud800", PASSWORD),
    ],
)
async def test_a_wrong_password_and_a_wrong_email_look_alike(
    identity: Identity, ada: Actor, database: SqlDatabase, email: str, password: str
) -> None:
    with pytest.raises(CredentialsInvalid) as refused:
        await identity.login(email, password=password)
    assert str(refused.value) == CredentialsInvalid.message
    subject = ada.person if email == EMAIL else "unknown"
    assert await trail(database) == [("login.refused", subject)]


async def test_an_unknown_email_costs_a_hash_too(
    identity: Identity, passwords: Argon2Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str] = []
    original = passwords._matches

    def matches(password_hash: str, password: str) -> bool:
        compared.append(password_hash)
        return original(password_hash, password)

    monkeypatch.setattr(passwords, "_matches", matches)
    with pytest.raises(CredentialsInvalid):
        await identity.login("nobody@tests.example")
    assert [value.startswith("$argon2id$") for value in compared] == [True]


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        (Status.PENDING, AccountPending),
        (Status.SUSPENDED, AccountSuspended),
        (Status.REJECTED, AccountSuspended),
    ],
)
async def test_only_admitted_people_sign_in(
    identity: Identity,
    ada: Actor,
    database: SqlDatabase,
    status: Status,
    refusal: type[DomainError],
) -> None:
    async with database.transaction() as uow:
        await uow.accounts.set_status(ada.person, status)
    with pytest.raises(CredentialsInvalid):
        await identity.login(EMAIL, password="wrong")
    with pytest.raises(refusal):
        await identity.login(EMAIL)


async def test_demo_people_sign_in_on_this_machine_only(
    make_identity: MakeIdentity,
    add_user: AddUser,
    database: SqlDatabase,
    passwords: Argon2Passwords,
) -> None:
    demo = await add_user("Demo", is_demo=True)
    await set_password(database, passwords, demo)
    email = "demo@tests.example"
    for identity, origin in (
        (make_identity(demo_allowed=False), HERE),
        (make_identity(demo_allowed=True), AFAR),
    ):
        with pytest.raises(DemoRefused):
            await identity.login(email, origin=origin)
    identity = make_identity(demo_allowed=True, second_factor_required=True)
    signed_in = await identity.login(email, origin=HERE)
    assert not signed_in.enrolment_required
    with pytest.raises(DemoRefused):
        await identity.sessions.refresh(signed_in.refresh, AFAR)
    await identity.sessions.refresh(signed_in.refresh, HERE)


async def test_failures_are_counted_and_success_forgives(identity: Identity, ada: Actor) -> None:
    for _ in range(9):
        with pytest.raises(CredentialsInvalid):
            await identity.login(EMAIL, password="wrong")
    await identity.login(EMAIL)
    for _ in range(10):
        with pytest.raises(CredentialsInvalid):
            await identity.login(EMAIL, password="wrong")
    with pytest.raises(RateLimited) as limited:
        await identity.login(EMAIL)
    assert 0 < limited.value.details["retry_after"] <= 15 * 60


async def test_an_outdated_hash_is_renewed(
    identity: Identity, ada: Actor, database: SqlDatabase, passwords: Argon2Passwords
) -> None:
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
    async with database.transaction() as uow:
        await uow.accounts.set_password(ada.person, old)
    await identity.login(EMAIL)
    async with database.reading() as uow:
        found = await uow.accounts.credentials(email=EMAIL)
    assert found is not None
    assert not passwords.is_outdated(found.password_hash)
    await identity.login(EMAIL)


async def test_a_password_changed_in_between_refuses(
    identity: Identity,
    ada: Actor,
    database: SqlDatabase,
    passwords: Argon2Passwords,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    verify = passwords.verify

    async def change_then_answer(password_hash: str | None, password: str) -> bool:
        answer = await verify(password_hash, password)
        async with database.transaction() as uow:
            await uow.accounts.set_password(ada.person, "another hash")
        return answer

    monkeypatch.setattr(passwords, "verify", change_then_answer)
    with pytest.raises(CredentialsInvalid):
        await identity.login(EMAIL)


async def test_a_refresh_rotates(identity: Identity, ada: Actor, clock: FakeClock) -> None:
    first = await identity.login(EMAIL)
    clock.advance(days=6)
    second = await identity.sessions.refresh(first.refresh, AFAR)
    assert second.refresh != first.refresh
    assert (await identity.actor(second)).session == (await identity.actor(second)).session
    clock.advance(days=6)
    third = await identity.sessions.refresh(second.refresh, AFAR)
    assert (await identity.actor(third)).person == ada.person


async def test_a_refresh_token_lapses(identity: Identity, ada: Actor, clock: FakeClock) -> None:
    first = await identity.login(EMAIL)
    clock.advance(days=7)
    with pytest.raises(Unauthenticated):
        await identity.sessions.refresh(first.refresh, HERE)


async def test_a_session_lapses_even_when_refreshed(
    identity: Identity, ada: Actor, clock: FakeClock
) -> None:
    signed_in = await identity.login(EMAIL)
    for _ in range(5):
        clock.advance(days=5, hours=23)
        signed_in = await identity.sessions.refresh(signed_in.refresh, HERE)
    clock.advance(days=5, hours=23)
    with pytest.raises(Unauthenticated):
        await identity.sessions.refresh(signed_in.refresh, HERE)


async def test_a_reused_refresh_token_ends_its_whole_family(
    identity: Identity, ada: Actor, database: SqlDatabase, bus: RecordingBus
) -> None:
    first = await identity.login(EMAIL)
    other = await identity.login(EMAIL)
    second = await identity.sessions.refresh(first.refresh, HERE)
    session = (await identity.actor(second)).session
    with pytest.raises(RefreshReused):
        await identity.sessions.refresh(first.refresh, HERE)
    with pytest.raises(Unauthenticated):
        await identity.actor(second)
    with pytest.raises(Unauthenticated):
        await identity.sessions.refresh(second.refresh, HERE)
    assert [notice.session for notice in bus.named("revoked")] == [session]
    assert ("refresh.reused", ada.person) in await trail(database)
    await identity.actor(other)


async def test_of_simultaneous_refreshes_one_wins(identity: Identity, ada: Actor) -> None:
    first = await identity.login(EMAIL)
    answers = await asyncio.gather(
        *(identity.sessions.refresh(first.refresh, HERE) for _ in range(5)),
        return_exceptions=True,
    )
    assert sum(not isinstance(answer, BaseException) for answer in answers) == 1


@pytest.mark.parametrize("token", ["", "unknown", "\ud800"])
async def test_an_unknown_refresh_token_is_refused(identity: Identity, token: str) -> None:
    with pytest.raises(Unauthenticated):
        await identity.sessions.refresh(token, HERE)


async def test_a_suspended_person_cannot_refresh(
    identity: Identity, ada: Actor, database: SqlDatabase
) -> None:
    first = await identity.login(EMAIL)
    async with database.transaction() as uow:
        await uow.accounts.set_status(ada.person, Status.SUSPENDED)
    with pytest.raises(AccountSuspended):
        await identity.sessions.refresh(first.refresh, HERE)


async def test_signing_out_ends_one_session(
    identity: Identity, ada: Actor, bus: RecordingBus, database: SqlDatabase
) -> None:
    one, other = await identity.login(EMAIL), await identity.login(EMAIL)
    actor = await identity.actor(one)
    await identity.sessions.logout(actor)
    await identity.sessions.logout(actor)
    with pytest.raises(Unauthenticated):
        await identity.actor(one)
    with pytest.raises(Unauthenticated):
        await identity.sessions.refresh(one.refresh, HERE)
    await identity.actor(other)
    assert [notice.session for notice in bus.named("revoked")] == [actor.session]
    assert (await trail(database)).count(("logout", ada.person)) == 1


async def test_signing_out_everywhere(
    identity: Identity, ada: Actor, bus: RecordingBus, database: SqlDatabase
) -> None:
    one, other = await identity.login(EMAIL), await identity.login(EMAIL)
    await identity.sessions.logout_everywhere(await identity.actor(one))
    for signed_in in (one, other):
        with pytest.raises(Unauthenticated):
            await identity.actor(signed_in)
    assert [notice.person for notice in bus.named("revoked")] == [ada.person]
    assert ("logout.everywhere", ada.person) in await trail(database)


async def test_guests_have_no_session_to_end(identity: Identity) -> None:
    with pytest.raises(Forbidden):
        await identity.sessions.logout(Actor("guest:1", "Guest"))


async def test_over_sessions_are_forgotten(
    identity: Identity, ada: Actor, clock: FakeClock, database: SqlDatabase
) -> None:
    over, lasting = await identity.login(EMAIL), await identity.login(EMAIL)
    await identity.sessions.logout(await identity.actor(over))
    clock.advance(days=7, seconds=1)
    assert await identity.sessions.purge() == 1
    clock.advance(days=-2)
    await identity.sessions.refresh(lasting.refresh, HERE)


async def test_who_lives_is_told_in_one_query(
    identity: Identity, ada: Actor, clock: FakeClock, database: SqlDatabase
) -> None:
    one, other = await identity.login(EMAIL), await identity.login(EMAIL)
    sessions = [(await identity.actor(each)).session or "" for each in (one, other)]
    await identity.sessions.logout(await identity.actor(one))
    async with database.reading() as uow:
        assert await uow.sessions.alive([*sessions, "unknown"], clock.now()) == {sessions[1]}
        later = clock.now() + timedelta(days=31)
        assert await uow.sessions.alive(sessions, later) == frozenset()
