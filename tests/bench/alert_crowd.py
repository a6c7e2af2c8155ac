"""Who is there in the benchmark of alerts: a hospital of people on sockets, signed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy import foundation
from server.adapters.settings import Settings
from server.domain.access import Actor, Role
from server.domain.accounts import OrganisationRole, Status, User
from server.domain.organisations import Kind, Organisation
from server.domain.sessions import SESSION_LIFETIME, Session
from tests.bench.alert_sockets import Socket
from tests.services.guard_cast import Ward

STEP_S = 3600
"""A step waits this long: nothing escalates while it is measured."""
DEVICES = 3
"""Of the radiologist whose phone is looked at, beside the phone: a desk, a tablet, a spare."""


@dataclass(frozen=True)
class Crowd:
    """Tokens, and the services whose requests ring for whom."""

    nurse: str
    sockets: Sequence[Socket]
    services: Sequence[str]
    """One for each radiologist on a socket."""
    phone: str
    """The service of the radiologist in the browser."""


async def furnish(home: Path, people: int, radiologists: int, reader: str) -> Crowd:
    """The demo network and so many more people, in the data that the server will find."""
    chosen = Settings(data_dir=home / "data", certs_dir=home / "certs")
    await foundation.prepare(chosen)
    core = foundation.base(chosen)
    await core.keys.refresh()
    ward = Ward(core.database, core.clock, core.fresh)
    hospital = Organisation(core.fresh.id(), "Hospital of Benchmarks", Kind.HOSPITAL, is_demo=True)
    async with core.database.transaction() as uow:
        assert await uow.organisations.add(hospital)
        found = await uow.accounts.credentials(email=reader)
    assert found is not None, "the demo network has radiologists"
    sockets, services = [], []
    for at in range(people - DEVICES):
        is_reader = at < radiologists
        role = Role.RADIOLOGIST if is_reader else Role.NURSE
        actor = await _person(core, hospital.id, f"Person {at}", role)
        sockets.append(_socket(core, actor, is_console=is_reader))
        if is_reader:
            await ward.furnish(hospital.id, (actor, STEP_S), name=f"CT {at}")
            services.append(ward.service)
    nurse = sockets[-1].token
    looked_at = found.user
    for _ in range(DEVICES):
        actor = await _session(core, looked_at)
        sockets.append(_socket(core, actor, is_console=True))
    await ward.furnish(hospital.id, (actor, STEP_S), name="CT phone")
    await core.database.close()
    return Crowd(nurse, sockets, services, ward.service)


def _socket(core: foundation.Base, actor: Actor, *, is_console: bool) -> Socket:
    return Socket(core.tokens.mint_access(actor.person, str(actor.session)).token, is_console)


async def _person(core: foundation.Base, organisation: str, name: str, role: Role) -> Actor:
    user = User(
        id=core.fresh.id(),
        email=f"{name.replace(' ', '.').lower()}@bench.example",
        name=name,
        profession="doctor",
        locale="en",
        status=Status.ACTIVE,
        is_demo=True,  # others may do nothing before they have a second factor
        has_totp=False,
        registered_at=core.clock.now(),
        organisation=organisation,
        roles=(OrganisationRole(organisation, role),),
    )
    async with core.database.transaction() as uow:
        assert await uow.accounts.add(user, password_hash="unusable")
    return await _session(core, user)


async def _session(core: foundation.Base, user: User) -> Actor:
    now = core.clock.now()
    session = Session(core.fresh.id(), user.id, now, now + SESSION_LIFETIME)
    async with core.database.transaction() as uow:
        await uow.sessions.add(session)
    return Actor(user.id, user.name, session.id)
