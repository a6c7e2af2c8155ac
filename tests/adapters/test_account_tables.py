"""The same promises of accounts, sessions, keys and audit on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.adapters.bus import LocalBus
from server.adapters.clock import SystemClock
from server.adapters.database.unit_of_work import SqlDatabase, create_engine
from server.adapters.fresh import SystemFresh
from server.adapters.secret_box import AesSecretBox
from server.adapters.tokens import JwtCodec
from server.domain import audit as chain
from server.domain.access import Role
from server.domain.accounts import OrganisationRole, Status, User
from server.domain.organisations import Kind, Organisation
from server.domain.sessions import Session
from server.services.keys import Keys
from server.services.ports.keys import SealedKey
from tests.adapters.databases import KINDS, migrated_database

NOW = datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC)
FRESH = SystemFresh()


@pytest.fixture(params=KINDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SqlDatabase]:
    """A migrated database."""
    async with migrated_database(request, tmp_path) as url:
        database = SqlDatabase(create_engine(url), LocalBus(), SystemClock())
        yield database
        await database.close()


@pytest.fixture
async def hospital(database: SqlDatabase) -> Organisation:
    organisation = Organisation(FRESH.id(), "Hospital", Kind.HOSPITAL, is_demo=False)
    async with database.transaction() as uow:
        assert await uow.organisations.add(organisation)
        assert not await uow.organisations.add(organisation)
    return organisation


def person(name: str, hospital: Organisation, *roles: Role) -> User:
    return User(
        id=FRESH.id(),
        email=f"{name.lower()}@tests.example",
        name=name,
        profession="physician",
        locale="it",
        status=Status.ACTIVE,
        is_demo=False,
        has_totp=False,
        registered_at=NOW,
        organisation=hospital.id,
        roles=tuple(OrganisationRole(hospital.id, role, hospital.name) for role in roles),
    )


async def test_an_account_comes_back_as_stored(
    database: SqlDatabase, hospital: Organisation
) -> None:
    ada = person("Ada", hospital, Role.ADMINISTRATOR, Role.SPECIALIST)
    async with database.transaction() as uow:
        assert await uow.accounts.add(ada, "hash")
        assert not await uow.accounts.add(person("Ada", hospital), "hash")
    async with database.reading() as uow:
        assert await uow.accounts.find(ada.id) == ada
        assert await uow.accounts.taken(frozenset({ada.email, "x"})) == {ada.email}
        assert await uow.accounts.administrators() == {ada.id}
        assert await uow.accounts.credentials(email="nobody") is None
        known = await uow.accounts.credentials(email=ada.email)
    assert known is not None
    assert (known.user, known.password_hash, known.totp_secret) == (ada, "hash", None)


async def test_of_simultaneous_registrations_one_wins(
    database: SqlDatabase, hospital: Organisation
) -> None:
    async def register() -> bool:
        async with database.transaction() as uow:
            return await uow.accounts.add(person("Ada", hospital, Role.NURSE), "hash")

    assert sorted(await asyncio.gather(*(register() for _ in range(5)))) == [False] * 4 + [True]


async def test_pages_hold_on_to_their_place(database: SqlDatabase, hospital: Organisation) -> None:
    async with database.transaction() as uow:
        for name in ("Zoe", "Bea", "Ada", "Bea2"):
            await uow.accounts.add(person(name, hospital), "hash")
    async with database.reading() as uow:
        first = await uow.accounts.colleagues("", None, 2)
        second = await uow.accounts.colleagues("", first.next, 2)
        assert [one.name for one in (*first.items, *second.items)] == ["Ada", "Bea", "Bea2", "Zoe"]
        assert second.next is None
        newest = await uow.accounts.page(Status.ACTIVE, "bea", None, 1)
        assert [user.name for user in newest.items] == ["Bea2"]
        rest = await uow.accounts.page(None, "BEA@", newest.next, 5)
        assert [user.name for user in rest.items] == ["Bea"]


async def test_a_recovery_code_is_spent_once(database: SqlDatabase, hospital: Organisation) -> None:
    ada = person("Ada", hospital)
    async with database.transaction() as uow:
        await uow.accounts.add(ada, "hash")
        await uow.accounts.set_recovery_codes(ada.id, ["one", "two"])

    async def spend() -> bool:
        async with database.transaction() as uow:
            return await uow.accounts.use_recovery_code(ada.id, "one", NOW)

    assert sorted(await asyncio.gather(*(spend() for _ in range(4)))) == [False] * 3 + [True]


async def test_of_simultaneous_rotations_one_is_first(
    database: SqlDatabase, hospital: Organisation
) -> None:
    ada = person("Ada", hospital)
    session = Session(FRESH.id(), ada.id, NOW, NOW + timedelta(days=1))
    async with database.transaction() as uow:
        await uow.accounts.add(ada, "hash")
        await uow.sessions.add(session)
        await uow.sessions.add_refresh("digest", session.id, NOW, session.expires_at)

    async def rotate() -> bool:
        async with database.transaction() as uow:
            found = await uow.sessions.refresh("digest")
            assert found is not None
            assert found.session == session
            if found.used_at is not None:
                return False
            await uow.sessions.use_refresh("digest", NOW)
            return True

    assert sorted(await asyncio.gather(*(rotate() for _ in range(4)))) == [False] * 3 + [True]


async def test_a_session_stands_while_it_and_its_person_do(
    database: SqlDatabase, hospital: Organisation
) -> None:
    ada = person("Ada", hospital, Role.ADMINISTRATOR)
    one, two = (Session(FRESH.id(), ada.id, NOW, NOW + timedelta(days=1)) for _ in range(2))
    async with database.transaction() as uow:
        await uow.accounts.add(ada, "hash")
        await uow.sessions.add(one)
        await uow.sessions.add(two)
        standing = await uow.sessions.standing(one.id, ada.id, NOW)
        assert standing is not None
        assert (standing.name, standing.is_administrator, standing.has_totp) == ("Ada", True, False)
        assert await uow.sessions.standing(one.id, "another", NOW) is None
        assert await uow.sessions.standing(one.id, ada.id, NOW + timedelta(days=1)) is None
        assert await uow.sessions.end_all(ada.id, NOW, but=one.id) == [two.id]
        assert await uow.sessions.alive([one.id, two.id], NOW) == {one.id}
        assert await uow.sessions.alive([], NOW) == frozenset()
        await uow.accounts.set_status(ada.id, Status.SUSPENDED)
        assert await uow.sessions.alive([one.id, two.id], NOW) == frozenset()
        assert await uow.sessions.end(one.id, NOW)
        assert not await uow.sessions.end(one.id, NOW)
        assert await uow.sessions.purge(NOW) == 0
        assert await uow.sessions.purge(NOW + timedelta(seconds=1)) == 2


async def test_the_chain_survives_the_database(database: SqlDatabase) -> None:
    data = {"z": 1, "a": [True, None, "é\u2028"], "n": {"b": 2, "a": 2**40}}
    async with database.transaction() as uow:
        for number in range(3):
            await uow.audit.record(NOW, "ada", "login", f"user-{number}", data)
        records = list(
            chain.seal(await uow.audit.head(to_append=True), await uow.audit.unsealed(9))
        )
        await uow.audit.add_seals(records)
    async with database.reading() as uow:
        assert [record async for record in uow.audit.chain()] == records
        assert await uow.audit.unsealed(9) == []
        assert await uow.audit.head() == chain.Head(3, records[-1].hash)
        assert [entry.n for entry in await uow.audit.page(1, 9)] == [2, 3]
    assert chain.verify(records, []).is_intact


async def test_several_nodes_seal_one_chain(database: SqlDatabase) -> None:
    async def write_and_seal(node: int) -> None:
        for number in range(5):
            async with database.transaction() as uow:
                await uow.audit.record(NOW, f"node-{node}", "login", f"user-{number}", {})
            async with database.transaction() as uow:
                head = await uow.audit.head(to_append=True)
                records = list(chain.seal(head, await uow.audit.unsealed(100)))
                await uow.audit.add_seals(records)

    await asyncio.gather(*(write_and_seal(node) for node in range(4)))
    async with database.reading() as uow:
        records = [record async for record in uow.audit.chain()]
    verdict = chain.verify(records, [])
    assert verdict.is_intact
    assert verdict.head.position == 20


async def test_processes_that_start_together_share_their_keys(database: SqlDatabase) -> None:
    rings = [JwtCodec("guardline") for _ in range(3)]
    box = AesSecretBox(b"master")
    await asyncio.gather(
        *(Keys(database, SystemClock(), FRESH, box, ring).refresh() for ring in rings)
    )
    published = [{key["kid"] for key in ring.jwks()["keys"]} for ring in rings]
    assert len(published[0]) == 2
    assert published == [published[0]] * 3


async def test_keys_are_stored_sealed_and_forgotten(database: SqlDatabase) -> None:
    key = SealedKey("kid", b"\x00sealed\xff", NOW)
    async with database.transaction() as uow:
        await uow.keys.add(key)
        assert await uow.keys.all() == [key]
        await uow.keys.delete(["kid"])
        assert await uow.keys.all() == []
