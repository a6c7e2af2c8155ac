"""Rate limits in memory and in Redis, the master secret, fresh values."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from limits import RateLimitItemPerHour

from server.adapters.clock import SystemClock
from server.adapters.fresh import SystemFresh
from server.adapters.passwords import Argon2Passwords
from server.adapters.rate_limits import LIMITS, WindowRateLimits, storage
from server.adapters.secret_box import AesSecretBox, master_secret
from server.domain.errors import RateLimited, Unavailable
from server.services.ports.rate_limits import Attempt


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.redis)])
async def limits(request: pytest.FixtureRequest) -> AsyncIterator[WindowRateLimits]:
    """Three attempts an hour."""
    url = request.getfixturevalue("redis_url") if request.param == "redis" else None
    counters = storage(url)
    await counters.reset()
    yield WindowRateLimits(counters, SystemClock(), dict.fromkeys(Attempt, RateLimitItemPerHour(3)))
    close = getattr(getattr(counters, "bridge", None), "storage", None)
    if close is not None:
        await close.aclose()


async def test_the_fourth_attempt_waits(limits: WindowRateLimits) -> None:
    for _ in range(3):
        await limits.hit(Attempt.LOGIN_BY_EMAIL, "ada")
    with pytest.raises(RateLimited) as refused:
        await limits.hit(Attempt.LOGIN_BY_EMAIL, "ada")
    assert 3500 < refused.value.details["retry_after"] <= 3601
    await limits.hit(Attempt.LOGIN_BY_EMAIL, "bob")
    await limits.hit(Attempt.OTP_BY_EMAIL, "ada")
    await limits.forgive(Attempt.LOGIN_BY_EMAIL, "ada")
    await limits.hit(Attempt.LOGIN_BY_EMAIL, "ada")


async def test_simultaneous_attempts_are_all_counted(limits: WindowRateLimits) -> None:
    answers = await asyncio.gather(
        *(limits.hit(Attempt.LOGIN_BY_EMAIL, "ada") for _ in range(10)), return_exceptions=True
    )
    assert sum(answer is None for answer in answers) == 3


async def test_without_its_store_an_attempt_is_refused() -> None:
    limits = WindowRateLimits(storage("redis://127.0.0.1:9"), SystemClock())
    with pytest.raises(Unavailable):
        await limits.hit(Attempt.LOGIN_BY_EMAIL, "ada")
    with pytest.raises(Unavailable):
        await limits.forgive(Attempt.LOGIN_BY_EMAIL, "ada")


def test_every_attempt_has_its_limit() -> None:
    assert set(LIMITS) == set(Attempt)


def test_a_secret_opens_in_its_context_only() -> None:
    box = AesSecretBox(b"master")
    sealed = box.seal(b"secret", "totp of ada")
    assert box.open(sealed, "totp of ada") == b"secret"
    assert box.seal(b"secret", "totp of ada") != sealed
    for other, text, context in (
        (box, sealed, "totp of bob"),
        (AesSecretBox(b"other"), sealed, "totp of ada"),
        (box, sealed[:-1], "totp of ada"),
        (box, b"", "totp of ada"),
    ):
        with pytest.raises(Unavailable):
            other.open(text, context)


async def test_the_master_secret_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "data" / "master.key"
    secrets = await asyncio.gather(*(asyncio.to_thread(master_secret, path) for _ in range(8)))
    assert len(set(secrets)) == 1
    assert len(secrets[0]) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["master.key"]


async def test_passwords_are_argon2id() -> None:
    passwords = Argon2Passwords()
    hashed = await passwords.hash("correct horse battery")
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert not passwords.is_outdated(hashed)
    assert await passwords.verify(hashed, "correct horse battery")
    assert not await passwords.verify(hashed, "correct horse batterz")
    assert not await passwords.verify("unusable", "correct horse battery")
    assert not await passwords.verify(None, "nobody")
    assert not await passwords.verify(hashed, "\ud800")


def test_ids_ascend_and_are_version_7() -> None:
    fresh = SystemFresh()
    ids = [fresh.id() for _ in range(20_000)]
    assert ids == sorted(set(ids))
    assert {(UUID(each).version, UUID(each).variant) for each in ids[:100]} == {
        (7, "specified in RFC 4122")
    }
    assert len({fresh.secret() for _ in range(100)}) == 100
