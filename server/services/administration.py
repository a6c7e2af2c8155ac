"""What administrators decide about people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from server.domain.access import Actor
from server.domain.accounts import OrganisationRole, Status, Step, User, after, is_administrator
from server.domain.errors import Conflict, Invalid, NotFound
from server.domain.passwords import require_strong
from server.domain.texts import is_storable
from server.services.ports.accounts import Page
from server.services.ports.bus import Notice
from server.services.ports.clock import Clock
from server.services.ports.passwords import Passwords
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.sessions import REVOKED

SUSPENDED = {"code": "account-suspended"}


class Administration:
    """Use cases of administrators; each raises Forbidden for anybody else."""

    def __init__(self, database: Database, clock: Clock, passwords: Passwords) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords

    async def users(
        self, actor: Actor, status: Status | None, text: str, after: str | None, limit: int
    ) -> Page[User]:
        """Accounts, newest first."""
        actor.require_administrator()
        if not is_storable(text + (after or "")):
            return Page([])
        async with self._database.reading() as uow:
            return await uow.accounts.page(status, text, after, limit)

    async def find(self, actor: Actor, email: str) -> User:
        """An account by its e-mail. Raises NotFound."""
        actor.require_administrator()
        async with self._database.reading() as uow:
            found = await uow.accounts.credentials(email=email) if is_storable(email) else None
        if found is None:
            raise NotFound(f"There is no account {email}.")
        return found.user

    async def create(self, actor: Actor, user: User, password: str) -> User:
        """Store an account that needs no approval. Raises Conflict when the e-mail is taken."""
        actor.require_administrator()
        require_strong(password, user.email)
        password_hash = await self._passwords.hash(password)
        now = self._clock.now()
        async with self._database.transaction() as uow:
            await _require_organisations(uow, user.roles)
            if not await uow.accounts.add(user, password_hash):
                raise Conflict("This e-mail has an account.")
            data = {"roles": _wire(user.roles), "status": user.status.value}
            await uow.audit.record(now, actor.person, "account.created", user.id, data)
            return await _user(uow, user.id)

    async def approve(self, actor: Actor, user_id: str, roles: Sequence[OrganisationRole]) -> User:
        """Admit a registered person, as something somewhere."""
        if not roles:
            raise Invalid("Give at least one role.", path="roles")
        return await self._decide(actor, user_id, Step.APPROVE, roles=roles)

    async def reject(self, actor: Actor, user_id: str) -> User:
        """Refuse a registered person."""
        return await self._decide(actor, user_id, Step.REJECT)

    async def suspend(self, actor: Actor, user_id: str, reason: str) -> User:
        """End a person's access, sockets and media included."""
        if user_id == actor.person:
            raise Conflict("Nobody suspends themselves.")
        return await self._decide(actor, user_id, Step.SUSPEND, reason=reason)

    async def reinstate(self, actor: Actor, user_id: str) -> User:
        """Admit again."""
        return await self._decide(actor, user_id, Step.REINSTATE)

    async def revoke_sessions(self, actor: Actor, user_id: str) -> User:
        """Sign a person out everywhere."""
        actor.require_administrator()
        async with self._database.transaction() as uow:
            user = await _user(uow, user_id)
            await self._sign_out(uow, actor, user, "sessions.revoked", REVOKED)
            return user

    async def set_roles(
        self, actor: Actor, user_id: str, roles: Sequence[OrganisationRole]
    ) -> User:
        """Replace what a person is where."""
        actor.require_administrator()
        async with self._database.transaction() as uow:
            user = await _user(uow, user_id)
            await _require_organisations(uow, roles)
            if not is_administrator(role.role for role in roles):
                await _require_another_administrator(uow, user)
            await uow.accounts.set_roles(user.id, roles)
            now, data = self._clock.now(), {"roles": _wire(roles)}
            await uow.audit.record(now, actor.person, "account.roles-changed", user.id, data)
            return await _user(uow, user_id)

    async def reset_password(
        self, actor: Actor, user_id: str, password: str, *, forget_second_factor: bool = False
    ) -> User:
        """Give a person a new password, and sign it out everywhere."""
        actor.require_administrator()
        password_hash = await self._passwords.hash(password)
        async with self._database.transaction() as uow:
            user = await _user(uow, user_id)
            require_strong(password, user.email)
            await uow.accounts.set_password(user.id, password_hash)
            if forget_second_factor:
                await uow.accounts.set_totp(user.id, None, None, None)
                await uow.accounts.set_recovery_codes(user.id, [])
            await self._sign_out(uow, actor, user, "password.reset", REVOKED)
            return replace(user, has_totp=user.has_totp and not forget_second_factor)

    async def _decide(
        self,
        actor: Actor,
        user_id: str,
        step: Step,
        *,
        roles: Sequence[OrganisationRole] | None = None,
        reason: str | None = None,
    ) -> User:
        actor.require_administrator()
        async with self._database.transaction() as uow:
            user = await _user(uow, user_id)
            await uow.accounts.set_status(user.id, after(user.status, step))
            if roles is not None:
                await _require_organisations(uow, roles)
                await uow.accounts.set_roles(user.id, roles)
            if step is Step.SUSPEND:
                await _require_another_administrator(uow, user)
                await self._sign_out(uow, actor, user, "sessions.revoked", SUSPENDED)
            data = {"roles": _wire(roles or ()), "reason": reason}
            now = self._clock.now()
            await uow.audit.record(now, actor.person, f"account.{_PAST[step]}", user.id, data)
            return await _user(uow, user_id)

    async def _sign_out(
        self, uow: UnitOfWork, actor: Actor, user: User, action: str, why: dict[str, str]
    ) -> None:
        now = self._clock.now()
        ended = await uow.sessions.end_all(user.id, now)
        await uow.audit.record(now, actor.person, action, user.id, {"sessions": len(ended)})
        await uow.publish_surely(Notice("revoked", why, person=user.id))


_PAST = {
    Step.APPROVE: "approved",
    Step.REJECT: "rejected",
    Step.SUSPEND: "suspended",
    Step.REINSTATE: "reinstated",
}


async def _user(uow: UnitOfWork, user_id: str) -> User:
    user = await uow.accounts.find(user_id) if is_storable(user_id) else None
    if user is None:
        raise NotFound
    return user


async def _require_organisations(uow: UnitOfWork, roles: Sequence[OrganisationRole]) -> None:
    named = frozenset(role.organisation for role in roles)
    if not all(map(is_storable, named)) or await uow.organisations.known(named) != named:
        raise Invalid("There is no such organisation.", path="roles")


async def _require_another_administrator(uow: UnitOfWork, user: User) -> None:
    """Raise Conflict when nobody would be left to administer."""
    others = await uow.accounts.administrators() - {user.id}
    if user.is_administrator and not others:
        raise Conflict("Somebody must remain administrator.")


def _wire(roles: Sequence[OrganisationRole]) -> list[list[str]]:
    return [[role.organisation, role.role.value] for role in roles]
