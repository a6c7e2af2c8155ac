"""What people with an account do about themselves, and whom they find."""

from __future__ import annotations

from server.domain.access import Actor
from server.domain.accounts import CredentialsInvalid, User
from server.domain.errors import Forbidden, NotFound
from server.domain.passwords import require_strong
from server.domain.texts import is_storable
from server.services.ports.accounts import Colleague, Page
from server.services.ports.bus import Notice
from server.services.ports.clock import Clock
from server.services.ports.passwords import Passwords
from server.services.ports.rate_limits import Attempt, RateLimits
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.sessions import REVOKED


class Accounts:
    """Use cases of one's own account."""

    def __init__(
        self, database: Database, clock: Clock, passwords: Passwords, limits: RateLimits
    ) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords
        self._limits = limits

    async def me(self, actor: Actor) -> User:
        """One's own account; also for sessions that must enrol first."""
        if actor.is_guest or actor.ticket is not None:
            raise Forbidden
        async with self._database.reading() as uow:
            return await _own(uow, actor)

    async def change_profile(
        self, actor: Actor, name: str | None = None, locale: str | None = None
    ) -> User:
        """Change one's name or language."""
        actor.require_account()
        async with self._database.transaction() as uow:
            user = await _own(uow, actor)
            name = user.name if name is None else name
            await uow.accounts.set_profile(user.id, name, locale or user.locale)
            if name != user.name:
                now = self._clock.now()
                await uow.audit.record(now, user.id, "account.renamed", user.id, {})
            return await _own(uow, actor)

    async def change_password(self, actor: Actor, current: str, new: str) -> None:
        """Replace the password; one's other sessions end.

        Raises CredentialsInvalid, PasswordTooWeak, RateLimited.
        """
        actor.require_account()
        await self._limits.hit(Attempt.PASSWORD_BY_USER, actor.person)
        async with self._database.reading() as uow:
            known = await uow.accounts.credentials(user=actor.person)
        if known is None or not await self._passwords.verify(known.password_hash, current):
            raise CredentialsInvalid
        require_strong(new, known.user.email)
        password_hash = await self._passwords.hash(new)
        now = self._clock.now()
        async with self._database.transaction() as uow:
            await uow.accounts.set_password(actor.person, password_hash)
            ended = await uow.sessions.end_all(actor.person, now, but=actor.session)
            data = {"sessions": len(ended)}
            await uow.audit.record(now, actor.person, "password.changed", actor.person, data)
            for session in ended:
                await uow.publish_surely(Notice("revoked", REVOKED, session=session))
        await self._limits.forgive(Attempt.PASSWORD_BY_USER, actor.person)

    async def colleagues(
        self, actor: Actor, text: str, after: str | None, limit: int
    ) -> Page[Colleague]:
        """Active people whose name contains the text, by name."""
        actor.require_account()
        if not is_storable(text + (after or "")):
            return Page([])
        async with self._database.reading() as uow:
            return await uow.accounts.colleagues(text, after, limit)


async def _own(uow: UnitOfWork, actor: Actor) -> User:
    user = await uow.accounts.find(actor.person)
    if user is None:
        raise NotFound
    return user
