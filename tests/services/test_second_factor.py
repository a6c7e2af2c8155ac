"""The second factor: each code once, recovery codes once, nothing kept in the clear."""

from __future__ import annotations

import pyotp
import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.domain.access import Actor
from server.domain.accounts import CredentialsInvalid
from server.domain.errors import Conflict, Forbidden, NotFound, RateLimited
from server.domain.second_factor import OtpInvalid, OtpRequired
from server.services.second_factor import SecondFactor
from tests.services.conftest import PASSWORD, FakeClock, Identity, MakeIdentity, trail

EMAIL = "ada@tests.example"


class Authenticator:
    """Ada's phone."""

    def __init__(self, secret: str, clock: FakeClock) -> None:
        self._totp = pyotp.TOTP(secret)
        self._clock = clock

    def code(self, offset_s: float = 0) -> str:
        return self._totp.at(int(self._clock.now().timestamp() + offset_s))

    def next_code(self) -> str:
        self._clock.advance(seconds=30)
        return self.code()


@pytest.fixture
async def enrolled(
    second_factor: SecondFactor, ada: Actor, clock: FakeClock
) -> tuple[Authenticator, list[str]]:
    enrolment = await second_factor.begin(ada)
    phone = Authenticator(enrolment.secret, clock)
    assert EMAIL.replace("@", "%40") in enrolment.uri
    return phone, await second_factor.confirm(ada, phone.code())


Enrolled = tuple[Authenticator, list[str]]


async def test_a_code_is_needed_once_enrolled(
    identity: Identity, enrolled: Enrolled, database: SqlDatabase, ada: Actor
) -> None:
    phone, codes = enrolled
    assert len(set(codes)) == 8
    with pytest.raises(OtpRequired):
        await identity.login(EMAIL)
    signed_in = await identity.login(EMAIL, phone.next_code())
    assert signed_in.user.has_totp
    assert ("totp.enrolled", ada.person) in await trail(database)


async def test_a_code_is_good_once(identity: Identity, enrolled: Enrolled) -> None:
    phone, _ = enrolled
    with pytest.raises(OtpInvalid):
        await identity.login(EMAIL, phone.code())  # the one that confirmed
    code = phone.next_code()
    await identity.login(EMAIL, code)
    with pytest.raises(OtpInvalid):
        await identity.login(EMAIL, code)
    with pytest.raises(OtpInvalid):
        await identity.login(EMAIL, phone.code(-30))  # older than the last accepted


async def test_a_little_drift_is_forgiven(
    identity: Identity, enrolled: Enrolled, clock: FakeClock
) -> None:
    phone, _ = enrolled
    clock.advance(minutes=5)
    await identity.login(EMAIL, phone.code(-30))
    clock.advance(minutes=5)
    await identity.login(EMAIL, f" {phone.code(30)[:3]} {phone.code(30)[3:]} ")
    clock.advance(minutes=5)
    for offset in (-60, 60):
        with pytest.raises(OtpInvalid):
            await identity.login(EMAIL, phone.code(offset))


async def test_a_recovery_code_is_good_once(
    identity: Identity, enrolled: Enrolled, database: SqlDatabase, ada: Actor
) -> None:
    _, codes = enrolled
    await identity.login(EMAIL, codes[0].upper())
    with pytest.raises(OtpInvalid):
        await identity.login(EMAIL, codes[0])
    await identity.login(EMAIL, codes[1])
    with pytest.raises(OtpInvalid):
        await identity.login(EMAIL, "abcd-abcd-abcd-abcd")
    assert (await trail(database)).count(("recovery-code.used", ada.person)) == 2


async def test_guessing_codes_is_limited(identity: Identity, enrolled: Enrolled) -> None:
    phone, _ = enrolled
    for _ in range(5):
        with pytest.raises(OtpInvalid):
            await identity.login(EMAIL, "000000")
    with pytest.raises(RateLimited):
        await identity.login(EMAIL, phone.next_code())


async def test_a_wrong_password_never_tries_the_code(
    identity: Identity, enrolled: Enrolled
) -> None:
    phone, _ = enrolled
    code = phone.next_code()
    with pytest.raises(CredentialsInvalid):
        await identity.login(EMAIL, code, password="wrong")
    await identity.login(EMAIL, code)


async def test_secrets_are_not_kept_in_the_clear(
    second_factor: SecondFactor, ada: Actor, database: SqlDatabase, clock: FakeClock
) -> None:
    enrolment = await second_factor.begin(ada)
    codes = await second_factor.confirm(ada, pyotp.TOTP(enrolment.secret).at(clock.now()))
    async with database.engine.connect() as connection:
        stored = [
            repr((await connection.exec_driver_sql(f"SELECT * FROM {table}")).all())
            for table in ("users", "recovery_codes")
        ]
    for secret in (enrolment.secret, *codes, PASSWORD):
        assert not any(secret in dump for dump in stored)


async def test_enrolment_needs_a_right_code(second_factor: SecondFactor, ada: Actor) -> None:
    with pytest.raises(Conflict):
        await second_factor.confirm(ada, "123456")
    await second_factor.begin(ada)
    with pytest.raises(OtpInvalid):
        await second_factor.confirm(ada, "12345")


async def test_an_active_factor_is_not_replaced_in_passing(
    second_factor: SecondFactor, ada: Actor, enrolled: Enrolled
) -> None:
    with pytest.raises(Conflict):
        await second_factor.begin(ada)


async def test_removal_needs_password_and_code(
    second_factor: SecondFactor, identity: Identity, ada: Actor, enrolled: Enrolled
) -> None:
    phone, codes = enrolled
    with pytest.raises(CredentialsInvalid):
        await second_factor.remove(ada, "wrong", phone.next_code())
    with pytest.raises(OtpInvalid):
        await second_factor.remove(ada, PASSWORD, "000000")
    await second_factor.remove(ada, PASSWORD, phone.next_code())
    await identity.login(EMAIL)
    with pytest.raises(Conflict):
        await second_factor.remove(ada, PASSWORD, codes[0])


async def test_who_must_enrol_may_do_nothing_else(
    make_identity: MakeIdentity, second_factor: SecondFactor, ada: Actor, clock: FakeClock
) -> None:
    identity = make_identity(second_factor_required=True)
    signed_in = await identity.login(EMAIL)
    assert signed_in.enrolment_required
    actor = await identity.actor(signed_in)
    assert actor.may_only_enrol
    with pytest.raises(Forbidden):
        actor.require_account()
    secret = (await second_factor.begin(actor)).secret
    await second_factor.confirm(actor, pyotp.TOTP(secret).at(clock.now()))
    assert not (await identity.actor(signed_in)).may_only_enrol


async def test_guests_and_strangers_enrol_nothing(second_factor: SecondFactor) -> None:
    with pytest.raises(Forbidden):
        await second_factor.begin(Actor("guest:1", "Guest"))
    with pytest.raises(NotFound):
        await second_factor.begin(Actor("gone", "Gone", "session"))
