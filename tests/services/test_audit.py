"""The trail is sealed by the engine's step, witnessed outside the database, and verified."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.adapters.checkpoints import CheckpointFolder
from server.adapters.database.unit_of_work import SqlDatabase
from server.domain.access import Actor
from server.domain.audit import Break, Problem
from server.domain.errors import Forbidden
from server.services.audit import Audit
from tests.services.conftest import AddUser, FakeClock

ROOT = Actor("root", "Root", "session", is_administrator=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "audit"


@pytest.fixture
def audit(database: SqlDatabase, clock: FakeClock, folder: Path) -> Audit:
    return Audit(database, clock, CheckpointFolder(folder))


async def write(database: SqlDatabase, clock: FakeClock, count: int) -> None:
    async with database.transaction() as uow:
        for number in range(count):
            await uow.audit.record(clock.now(), "ada", "login", f"user-{number}", {"k": [1, "é"]})


async def tamper(database: SqlDatabase, statement: str) -> None:
    async with database.engine.connect() as connection:
        await connection.exec_driver_sql(statement)


async def test_entries_are_sealed_and_intact(
    audit: Audit, database: SqlDatabase, clock: FakeClock
) -> None:
    assert await audit.seal() == 0
    await write(database, clock, 3)
    assert await audit.seal() == 3
    await write(database, clock, 2)
    assert (await audit.verify()).head.position == 3
    assert await audit.seal() == 2
    verdict = await audit.verify()
    assert verdict.is_intact
    assert (verdict.head.position, verdict.checkpoints) == (5, 1)


async def test_the_head_is_witnessed_again_after_a_while(
    audit: Audit, database: SqlDatabase, clock: FakeClock
) -> None:
    await write(database, clock, 1)
    await audit.seal()
    await write(database, clock, 1)
    clock.advance(seconds=9)
    await audit.seal()
    assert (await audit.verify()).checkpoints == 1
    clock.advance(seconds=1)
    assert await audit.seal() == 0
    assert (await audit.verify()).checkpoints == 2


async def test_a_shutdown_writes_the_head_down(
    audit: Audit, database: SqlDatabase, clock: FakeClock
) -> None:
    await audit.checkpoint()
    await write(database, clock, 1)
    await audit.seal()
    await write(database, clock, 1)
    await audit.seal()
    await audit.checkpoint()
    await audit.checkpoint()
    assert (await audit.verify()).checkpoints == 2


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE audit_entries SET actor = 'eve' WHERE n = 3", Problem(Break.ALTERED, 3, 3)),
        ("UPDATE audit_entries SET data = '{}' WHERE n = 3", Problem(Break.ALTERED, 3, 3)),
        ("DELETE FROM audit_entries WHERE n = 3", Problem(Break.MISSING, 3)),
        ("UPDATE audit_entries SET position = NULL WHERE n = 3", Problem(Break.MISSING, 3)),
        ("UPDATE audit_entries SET hash = NULL WHERE n = 3", Problem(Break.ALTERED, 3, 3)),
        (
            "UPDATE audit_entries SET position = CASE n WHEN 2 THEN -1 ELSE n END",
            Problem(Break.ALTERED, -1, 2),
        ),
        ("DELETE FROM audit_entries WHERE n > 3", Problem(Break.TRUNCATED, 4)),
        ("DELETE FROM audit_entries", Problem(Break.TRUNCATED, 1)),
    ],
)
async def test_tampering_is_named(
    audit: Audit, database: SqlDatabase, clock: FakeClock, statement: str, problem: Problem
) -> None:
    await write(database, clock, 5)
    await audit.seal()
    await tamper(database, statement)
    assert (await audit.verify()).problem == problem


async def test_a_trail_begun_anew_is_noticed(
    audit: Audit, database: SqlDatabase, clock: FakeClock
) -> None:
    await write(database, clock, 5)
    await audit.seal()
    await tamper(database, "DELETE FROM audit_entries")
    clock.advance(seconds=1)
    await write(database, clock, 6)
    await audit.seal()
    assert (await audit.verify()).problem == Problem(Break.REWRITTEN, 5, 5)


@pytest.mark.parametrize(
    ("old", "new"), [('"position": 5', '"position": 4'), ('"hash": "', '"hash": "0'), ("{", "")]
)
async def test_a_forged_checkpoint_is_named(
    audit: Audit, database: SqlDatabase, clock: FakeClock, folder: Path, old: str, new: str
) -> None:
    await write(database, clock, 5)
    await audit.seal()
    file = folder / "checkpoints.jsonl"
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(ValueError, match="checkpoint 1"):
        await audit.verify()


async def test_the_key_is_for_its_owner_only(
    audit: Audit, database: SqlDatabase, clock: FakeClock, folder: Path
) -> None:
    await write(database, clock, 1)
    await audit.seal()
    assert (folder / "key.pem").stat().st_mode & 0o777 == 0o600


async def test_a_restart_goes_on_from_the_last_checkpoint(
    audit: Audit, database: SqlDatabase, clock: FakeClock, folder: Path
) -> None:
    await write(database, clock, 1)
    await audit.seal()
    again = Audit(database, clock, CheckpointFolder(folder))
    await again.seal()
    await again.checkpoint()
    assert (await again.verify()).checkpoints == 1


async def test_administrators_read_the_trail(
    audit: Audit, database: SqlDatabase, clock: FakeClock
) -> None:
    await write(database, clock, 3)
    trail = await audit.page(ROOT, after=1, limit=1)
    told = [(entry.n, entry.subject, entry.at) for entry in trail.entries]
    assert told == [(2, "user-1", clock.now())]
    assert trail.named == {}
    with pytest.raises(Forbidden):
        await audit.page(Actor("ada", "Ada", "session"), 0, 10)


async def test_whoever_acted_or_was_acted_upon_is_named_where_an_account_is(
    audit: Audit, database: SqlDatabase, clock: FakeClock, add_user: AddUser
) -> None:
    rita, rocco = await add_user("Rita"), await add_user("Rocco")
    async with database.transaction() as uow:
        await uow.audit.record(clock.now(), rita.person, "user.suspended", rocco.person, {})
        await uow.audit.record(clock.now(), "system", "guard.repaired", "a-request", {})
    named = (await audit.page(ROOT, 0, 10)).named
    assert {person: user.name for person, user in named.items()} == {
        rita.person: "Rita",
        rocco.person: "Rocco",
    }
