"""Registration, admission, suspension and what people do about themselves."""

from __future__ import annotations

from typing import Any

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.adapters.passwords import Argon2Passwords
from server.adapters.rate_limits import WindowRateLimits
from server.domain.access import Actor, Role
from server.domain.accounts import AccountPending, CredentialsInvalid, OrganisationRole, Status
from server.domain.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    RateLimited,
    Unauthenticated,
)
from server.domain.organisations import Organisation
from server.domain.passwords import PasswordTooWeak
from server.services.accounts import Accounts
from server.services.administration import Administration
from server.services.demo import DOMAIN, PEOPLE, PLACES, Demo
from server.services.organisations import Organisations
from server.services.provisioning import NewUser, Provisioning
from server.services.registration import Register, Registration
from tests.services.conftest import (
    AFAR,
    PASSWORD,
    AddUser,
    FakeClock,
    Identity,
    MakeIdentity,
    RecordingBus,
    trail,
)

NEW = "grace@tests.example"


@pytest.fixture
def registration(
    database: SqlDatabase,
    clock: FakeClock,
    fresh: SystemFresh,
    passwords: Argon2Passwords,
    limits: WindowRateLimits,
) -> Registration:
    return Registration(database, clock, fresh, passwords, limits)


@pytest.fixture
def administration(
    database: SqlDatabase, clock: FakeClock, passwords: Argon2Passwords
) -> Administration:
    return Administration(database, clock, passwords)


@pytest.fixture
def accounts(
    database: SqlDatabase, clock: FakeClock, passwords: Argon2Passwords, limits: WindowRateLimits
) -> Accounts:
    return Accounts(database, clock, passwords, limits)


@pytest.fixture
def provisioning(
    database: SqlDatabase,
    clock: FakeClock,
    fresh: SystemFresh,
    administration: Administration,
    identity: Identity,
) -> Provisioning:
    return Provisioning(database, clock, fresh, administration, identity.tokens)


@pytest.fixture
async def root(add_user: AddUser) -> Actor:
    return await add_user("Root", Role.ADMINISTRATOR)


def application(hospital: Organisation, **changes: Any) -> Register:
    fields: dict[str, Any] = {
        "email": NEW,
        "password": PASSWORD,
        "name": "Grace",
        "profession": "radiologist",
        "organisation": hospital.id,
        "locale": "it",
        "registration_number": "MI-1",
    }
    return Register(**(fields | changes))


async def test_registration_waits_for_approval(
    registration: Registration,
    administration: Administration,
    identity: Identity,
    hospital: Organisation,
    root: Actor,
    database: SqlDatabase,
) -> None:
    await registration.register(application(hospital, email=" Grace@Tests.example "), AFAR)
    with pytest.raises(AccountPending):
        await identity.login(NEW)
    [pending] = (await administration.users(root, Status.PENDING, "", None, 10)).items
    assert (pending.email, pending.registration_number) == (NEW, "MI-1")
    roles = [OrganisationRole(hospital.id, Role.RADIOLOGIST)]
    approved = await administration.approve(root, pending.id, roles)
    assert approved.status is Status.ACTIVE
    assert approved.roles[0].organisation_name == hospital.name
    signed_in = await identity.login(NEW)
    assert signed_in.user.roles == approved.roles
    actions = [action for action, subject in await trail(database) if subject == pending.id]
    assert actions == ["account.registered", "login.refused", "account.approved", "login"]


async def test_a_known_email_changes_nothing_and_is_not_told(
    registration: Registration, identity: Identity, hospital: Organisation, ada: Actor
) -> None:
    await registration.register(
        application(hospital, email="ada@tests.example", password="another password"), AFAR
    )
    await identity.login("ada@tests.example")


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "not an address"},
        {"email": "a@b"},
        {"email": "a@b@c.example"},
        {"email": "a@.example"},
        {"email": "@tests.example"},
        {"email": "x" * 65 + "@tests.example"},
        {"email": f"eve@{DOMAIN}"},
        {"organisation": "unknown"},
        {"password": "short"},
        {"password": "aaaaaaaaaaaaaaaa"},
        {"password": NEW},
        {"password": "x1y2" * 40},
    ],
)
async def test_a_wrong_application_is_refused(
    registration: Registration, hospital: Organisation, changes: dict[str, str]
) -> None:
    with pytest.raises(Invalid):
        await registration.register(application(hospital, **changes), AFAR)


async def test_registration_is_limited(registration: Registration, hospital: Organisation) -> None:
    for _ in range(3):
        await registration.register(application(hospital), AFAR)
    with pytest.raises(RateLimited):
        await registration.register(application(hospital), AFAR)


async def test_a_rejected_person_may_be_admitted_later(
    registration: Registration,
    administration: Administration,
    hospital: Organisation,
    root: Actor,
) -> None:
    await registration.register(application(hospital), AFAR)
    user = await administration.find(root, NEW)
    assert (await administration.reject(root, user.id)).status is Status.REJECTED
    with pytest.raises(Conflict):
        await administration.reinstate(root, user.id)
    for roles in ([], [OrganisationRole("unknown", Role.NURSE)]):
        with pytest.raises(Invalid):
            await administration.approve(root, user.id, roles)
    roles = [OrganisationRole(hospital.id, Role.NURSE)]
    assert (await administration.approve(root, user.id, roles)).status is Status.ACTIVE


async def test_suspension_ends_access_at_once(
    administration: Administration,
    identity: Identity,
    ada: Actor,
    root: Actor,
    bus: RecordingBus,
    database: SqlDatabase,
) -> None:
    signed_in = await identity.login("ada@tests.example")
    suspended = await administration.suspend(root, ada.person, "left the hospital")
    assert suspended.status is Status.SUSPENDED
    with pytest.raises(Unauthenticated):
        await identity.actor(signed_in)
    [notice] = bus.named("revoked")
    assert (notice.person, notice.data) == (ada.person, {"code": "account-suspended"})
    assert ("account.suspended", ada.person) in await trail(database)
    await administration.reinstate(root, ada.person)
    with pytest.raises(Unauthenticated):
        await identity.actor(signed_in)
    await identity.login("ada@tests.example")


async def test_a_revocation_outlives_a_crash(
    administration: Administration, ada: Actor, root: Actor, database: SqlDatabase
) -> None:
    await administration.revoke_sessions(root, ada.person)
    async with database.engine.connect() as connection:
        stored = (await connection.exec_driver_sql("SELECT notice FROM outbox")).scalars().all()
    assert len(stored) == 1
    assert ada.person in str(stored)


async def test_somebody_remains_administrator(
    administration: Administration, root: Actor, add_user: AddUser, hospital: Organisation
) -> None:
    with pytest.raises(Conflict):
        await administration.suspend(root, root.person, "by mistake")
    with pytest.raises(Conflict):
        await administration.set_roles(root, root.person, [])
    second = await add_user("Second", Role.ADMINISTRATOR)
    nurse = [OrganisationRole(hospital.id, Role.NURSE)] * 2
    changed = await administration.set_roles(second, root.person, nurse)
    assert [role.role for role in changed.roles] == [Role.NURSE]
    with pytest.raises(Conflict):
        await administration.suspend(root, second.person, "a coup")


async def test_only_administrators_administer(
    administration: Administration, ada: Actor, root: Actor
) -> None:
    for attempt in (
        administration.users(ada, None, "", None, 10),
        administration.find(ada, NEW),
        administration.reject(ada, root.person),
        administration.suspend(ada, root.person, "why not"),
        administration.revoke_sessions(ada, root.person),
        administration.set_roles(ada, ada.person, []),
        administration.reset_password(ada, root.person, PASSWORD),
    ):
        with pytest.raises(Forbidden):
            await attempt


@pytest.mark.parametrize("user", ["unknown", "\0", "\ud800"])
async def test_unknown_people_are_not_found(
    administration: Administration, root: Actor, user: str
) -> None:
    for attempt in (
        administration.reject(root, user),
        administration.revoke_sessions(root, user),
        administration.find(root, user),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_accounts_are_listed_in_pages(
    administration: Administration, add_user: AddUser, root: Actor
) -> None:
    for number in range(5):
        await add_user(f"Person {number}")
    seen: list[str] = []
    after: str | None = None
    while True:
        page = await administration.users(root, None, "PERSON", after, 2)
        seen += [user.name for user in page.items]
        after = page.next
        if after is None:
            break
    assert seen == [f"Person {number}" for number in (4, 3, 2, 1, 0)]
    assert not (await administration.users(root, None, "100%_", None, 10)).items
    assert not (await administration.users(root, None, "\0", None, 10)).items


async def test_colleagues_are_found_by_name(
    accounts: Accounts, add_user: AddUser, ada: Actor, hospital: Organisation
) -> None:
    for name in ("Bea Rossi", "Aldo Rossi", "Carla Bianchi"):
        await add_user(name)
    await add_user("Dora Rossi", status=Status.SUSPENDED)
    first = await accounts.colleagues(ada, "rossi", None, 1)
    assert [(one.name, one.organisation_name) for one in first.items] == [
        ("Aldo Rossi", hospital.name)
    ]
    second = await accounts.colleagues(ada, "rossi", first.next, 1)
    assert ([one.name for one in second.items], second.next) == (["Bea Rossi"], None)
    assert not (await accounts.colleagues(ada, "\0", None, 1)).items
    with pytest.raises(Forbidden):
        await accounts.colleagues(Actor("guest:1", "Guest"), "", None, 1)


async def test_people_change_their_profile(
    accounts: Accounts, ada: Actor, database: SqlDatabase
) -> None:
    assert (await accounts.change_profile(ada, locale="fr")).locale == "fr"
    assert (await accounts.change_profile(ada, name="Ada L.")).name == "Ada L."
    assert (await accounts.me(ada)).name == "Ada L."
    assert (await trail(database)) == [("account.renamed", ada.person)]
    with pytest.raises(NotFound):
        await accounts.me(Actor("gone", "Gone", "session"))
    with pytest.raises(Forbidden):
        await accounts.me(Actor("guest:1", "Guest"))


async def test_a_new_password_ends_the_other_sessions(
    accounts: Accounts, identity: Identity, ada: Actor, bus: RecordingBus
) -> None:
    mine, other = (
        await identity.login("ada@tests.example"),
        await identity.login("ada@tests.example"),
    )
    actor = await identity.actor(mine)
    gone = (await identity.actor(other)).session
    with pytest.raises(CredentialsInvalid):
        await accounts.change_password(actor, "wrong", "a much better one")
    with pytest.raises(PasswordTooWeak):
        await accounts.change_password(actor, PASSWORD, "short")
    await accounts.change_password(actor, PASSWORD, "a much better one")
    await identity.actor(mine)
    with pytest.raises(Unauthenticated):
        await identity.actor(other)
    assert gone in {notice.session for notice in bus.named("revoked")}
    with pytest.raises(CredentialsInvalid):
        await identity.login("ada@tests.example")
    await identity.login("ada@tests.example", password="a much better one")


async def test_the_operator_provisions_people(
    provisioning: Provisioning, identity: Identity, database: SqlDatabase
) -> None:
    new = NewUser(NEW, "Grace", "physician", Role.ADMINISTRATOR, "New Hospital")
    user = await provisioning.create(new, PASSWORD)
    with pytest.raises(Conflict):
        await provisioning.create(new, PASSWORD)
    assert (await identity.login(NEW)).user.is_administrator
    token = await provisioning.access_token(NEW)
    assert (await identity.tokens.authenticate(token.token)).person == user.id
    assert token.expires_in <= 15 * 60
    await provisioning.reset_password(NEW, "a much better one")
    with pytest.raises(Unauthenticated):
        await identity.tokens.authenticate(token.token)
    await identity.login(NEW, password="a much better one")
    other = NewUser("b@tests.example", "Bob", "physician", Role.ADMINISTRATOR, "New Hospital")
    await provisioning.create(other, PASSWORD)
    assert (await provisioning.suspend(NEW, "gone")).status is Status.SUSPENDED
    assert (await provisioning.reinstate(NEW)).status is Status.ACTIVE
    assert [one.email for one in await provisioning.all()] == ["b@tests.example", NEW]
    assert len(await Organisations(database).all()) == 1
    with pytest.raises(NotFound):
        await provisioning.access_token("nobody@tests.example")


async def test_the_operator_admits_and_forgets_a_lost_phone(
    provisioning: Provisioning,
    registration: Registration,
    hospital: Organisation,
    database: SqlDatabase,
) -> None:
    await registration.register(application(hospital), AFAR)
    assert [user.email for user in await provisioning.all(Status.PENDING)] == [NEW]
    user = await provisioning.approve(NEW, Role.RADIOLOGIST)
    async with database.transaction() as uow:
        await uow.accounts.set_totp(user.id, b"sealed", None, 1)
    kept = await provisioning.reset_password(NEW, PASSWORD)
    assert kept.has_totp
    forgotten = await provisioning.reset_password(NEW, PASSWORD, forget_second_factor=True)
    assert not forgotten.has_totp


async def test_the_demo_network_is_seeded_once(
    database: SqlDatabase,
    clock: FakeClock,
    fresh: SystemFresh,
    passwords: Argon2Passwords,
    make_identity: MakeIdentity,
) -> None:
    demo = Demo(database, clock, fresh, passwords)
    logins = await demo.seed()
    assert len(logins) == len(PEOPLE)
    assert len({login.password for login in logins}) == len(PEOPLE)
    assert await demo.seed() == []
    organisations = await Organisations(database).all()
    assert {one.name for one in organisations} == {place.name for place in PLACES}
    assert all(one.is_demo and "Demo" in one.name for one in organisations)
    identity = make_identity(demo_allowed=True)
    for login in logins:
        signed_in = await identity.login(login.email, password=login.password)
        assert signed_in.user.is_demo
        assert [role.role for role in signed_in.user.roles] == [login.role]
        assert login.name.startswith(("Demo ", "Démo "))
        assert login.password not in repr(login)
    async with database.engine.connect() as connection:
        stored = repr((await connection.exec_driver_sql("SELECT * FROM users")).all())
    assert not any(login.password in stored for login in logins)


async def test_demo_people_that_are_missing_come_back(
    database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, passwords: Argon2Passwords
) -> None:
    demo = Demo(database, clock, fresh, passwords)
    await demo.seed()
    async with database.engine.connect() as connection:
        await connection.exec_driver_sql("DELETE FROM users WHERE email LIKE 'nurse@%'")
    assert [login.email for login in await demo.seed()] == [f"nurse@{DOMAIN}"]
