"""The sandbox from inside: trainees come in with a pass, and everything can begin anew."""

from __future__ import annotations

import asyncio
from hashlib import sha256

from server.domain.access import Actor
from server.domain.accounts import OrganisationRole, Status, User
from server.domain.errors import NotFound
from server.domain.training import PASS_LIFETIME, Pass, Trainee
from server.services.demo import NORTH, Demo
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import account_of
from server.services.sessions import Origin, Sessions, SignedIn

_UNUSABLE = "!"
"""No password's hash: trainees come in by passes only."""


class TrainingSandbox:
    """Use cases of the sandbox; satisfies the real network's port `Sandbox`."""

    def __init__(
        self, database: Database, clock: Clock, fresh: Fresh, sessions: Sessions, demo: Demo
    ) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._sessions = sessions
        self._demo = demo
        self._resetting = asyncio.Lock()

    async def admit(self, trainee: Trainee) -> str:
        """Prepare an account; answers a code that is good once."""
        now, code = self._clock.now(), self._fresh.secret()
        async with self._database.transaction() as uow:
            user = await self._account(uow, trainee)
            await uow.practice.add_pass(Pass(_digest(code), user, now + PASS_LIFETIME))
            await uow.audit.record(now, user, "training.admitted", user, {})
        return code

    async def redeem(self, code: str, origin: Origin) -> SignedIn:
        """Sign in with a pass. Raises NotFound."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            found = await uow.practice.take_pass(_digest(code))
            if found is None:
                raise NotFound("This pass is not valid any more: go in again.")
            found.require(now)
            user = await uow.accounts.find(found.user)
            if user is None:
                raise NotFound
            return await self._sessions.begin(uow, user, origin)

    async def reset(self) -> None:
        """Forget all that was practised and begin anew; people stay signed in."""
        async with self._resetting:
            async with self._database.transaction() as uow:
                await uow.practice.erase()
            await self._demo.furnish()

    async def reset_by(self, actor: Actor) -> None:
        """The same, asked for by a trainee."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            user = await account_of(uow, actor)
            await uow.audit.record(now, user.id, "training.reset", "training", {})
        await self.reset()

    async def _account(self, uow: UnitOfWork, trainee: Trainee) -> str:
        known = await uow.accounts.credentials(email=trainee.email)
        if known is not None:
            return known.user.id
        places = {each.name: each.id for each in await uow.organisations.all()}
        place = places[NORTH.name]
        user = User(
            id=self._fresh.id(),
            email=trainee.email,
            name=trainee.name,
            profession=trainee.role.value,
            locale=trainee.locale,
            status=Status.ACTIVE,
            is_demo=False,
            has_totp=False,
            registered_at=self._clock.now(),
            organisation=place,
            roles=(OrganisationRole(place, trainee.role),),
        )
        await uow.accounts.add(user, _UNUSABLE)
        return user.id


def _digest(code: str) -> str:
    return sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
