"""Expert centres, and who answers for them."""

from __future__ import annotations

from server.domain.access import Role
from server.domain.accounts import User
from server.domain.organisations import Kind
from server.services.ports.unit_of_work import UnitOfWork

STAFF = frozenset({Role.SPECIALIST, Role.BOOKING_CLERK})


async def centres_of(uow: UnitOfWork, user: User) -> frozenset[str]:
    """The expert centres for which a person answers: their specialists and booking clerks."""
    held = {role.organisation for role in user.roles if role.role in STAFF}
    if not held:
        return frozenset()
    known = await uow.organisations.all()
    centres = {one.id for one in known if one.kind is Kind.ONCOLOGY_CENTRE}
    return frozenset(held & centres)
