"""Colleagues that may be brought into a room."""

from __future__ import annotations

from server.domain.accounts import Status
from server.domain.errors import NotFound
from server.domain.texts import is_storable
from server.services.ports.unit_of_work import UnitOfWork


async def account_name(uow: UnitOfWork, user: str) -> str:
    """The name of an active account. Raises NotFound."""
    found = await uow.accounts.find(user) if is_storable(user) else None
    if found is None or found.status is not Status.ACTIVE:
        raise NotFound("There is no such person.")
    return found.name
