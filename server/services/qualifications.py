"""What the caller is in the network: asked of the database at each use, never of the token."""

from __future__ import annotations

from server.domain.access import Actor, Role
from server.domain.accounts import Status, User
from server.domain.errors import Forbidden, Unauthenticated
from server.services.ports.unit_of_work import UnitOfWork


async def account_of(uow: UnitOfWork, actor: Actor) -> User:
    """The caller's account. Raises Forbidden for guests and tickets, Unauthenticated."""
    actor.require_account()
    user = await uow.accounts.find(actor.person)
    if user is None or user.status is not Status.ACTIVE:
        raise Unauthenticated
    return user


async def qualified(
    uow: UnitOfWork, actor: Actor, *roles: Role, organisation: str | None = None
) -> User:
    """The caller's account with one of the roles, there or anywhere. Raises Forbidden."""
    user = await account_of(uow, actor)
    if not holds(user, *roles, organisation=organisation):
        raise Forbidden(needs=" ".join(role.value for role in roles))
    return user


def holds(user: User, *roles: Role, organisation: str | None = None) -> bool:
    """Whether a person has one of the roles, in one organisation or in any."""
    return any(
        held.role in roles and organisation in (None, held.organisation) for held in user.roles
    )
