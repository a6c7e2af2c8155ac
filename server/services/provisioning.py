"""What the operator of the machine does about accounts from the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.domain.access import Actor, Role
from server.domain.accounts import OrganisationRole, Status, User, normalise_email, require_email
from server.domain.organisations import Kind, Organisation
from server.domain.sessions import ACCESS_LIFETIME, Session
from server.services.administration import Administration
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database
from server.services.tokens import MintedToken, Tokens

OPERATOR = Actor("operator", "Operator", is_administrator=True)


@dataclass(frozen=True, slots=True)
class NewUser:
    """A person that needs no approval; the organisation is made when its name is new."""

    email: str
    name: str
    profession: str
    role: Role
    organisation: str
    kind: Kind = Kind.HOSPITAL
    locale: str = "en"


class Provisioning:
    """Use cases of the command line; people are named by e-mail."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        fresh: Fresh,
        administration: Administration,
        tokens: Tokens,
    ) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._administration = administration
        self._tokens = tokens

    async def create(self, new: NewUser, password: str) -> User:
        """Make an active account. Raises Conflict when the e-mail is taken."""
        organisation = await self._organisation(new.organisation, new.kind)
        user = User(
            id=self._fresh.id(),
            email=require_email(new.email),
            name=new.name,
            profession=new.profession,
            locale=new.locale,
            status=Status.ACTIVE,
            is_demo=False,
            has_totp=False,
            registered_at=self._clock.now(),
            organisation=organisation,
            roles=(OrganisationRole(organisation, new.role),),
        )
        return await self._administration.create(OPERATOR, user, password)

    async def all(self, status: Status | None = None) -> Sequence[User]:
        """Every account, newest first."""
        found: list[User] = []
        after: str | None = None
        while True:
            page = await self._administration.users(OPERATOR, status, "", after, 500)
            found += page.items
            after = page.next
            if after is None:
                return found

    async def approve(self, email: str, role: Role) -> User:
        """Admit a registered person with a role where it registered."""
        user = await self._find(email)
        roles = [OrganisationRole(user.organisation or "", role)]
        return await self._administration.approve(OPERATOR, user.id, roles)

    async def suspend(self, email: str, reason: str) -> User:
        """End a person's access."""
        user = await self._find(email)
        return await self._administration.suspend(OPERATOR, user.id, reason)

    async def reinstate(self, email: str) -> User:
        """Admit again."""
        user = await self._find(email)
        return await self._administration.reinstate(OPERATOR, user.id)

    async def reset_password(
        self, email: str, password: str, *, forget_second_factor: bool = False
    ) -> User:
        """Give a new password, and sign the person out everywhere."""
        user = await self._find(email)
        return await self._administration.reset_password(
            OPERATOR, user.id, password, forget_second_factor=forget_second_factor
        )

    async def access_token(self, email: str) -> MintedToken:
        """An access token for programs. Raises AccountPending, AccountSuspended."""
        user = await self._find(email)
        user.require_admitted()
        now = self._clock.now()
        session = Session(self._fresh.id(), user.id, now, now + ACCESS_LIFETIME)
        async with self._database.transaction() as uow:
            await uow.sessions.add(session)
            data = {"session": session.id}
            await uow.audit.record(now, OPERATOR.person, "token.issued", user.id, data)
        return self._tokens.mint_access(user.id, session.id)

    async def _find(self, email: str) -> User:
        return await self._administration.find(OPERATOR, normalise_email(email))

    async def _organisation(self, name: str, kind: Kind) -> str:
        made = Organisation(self._fresh.id(), name, kind, is_demo=False)
        now = self._clock.now()
        async with self._database.transaction() as uow:
            if await uow.organisations.add(made):
                actor = OPERATOR.person
                await uow.audit.record(now, actor, "organisation.created", made.id, {})
            known = {one.name: one.id for one in await uow.organisations.all()}
        return known[name]
