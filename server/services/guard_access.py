"""Who may see and take on guard requests."""

from __future__ import annotations

from collections.abc import Collection

from server.domain.access import Actor, Role
from server.domain.accounts import User
from server.domain.errors import Forbidden, NotFound
from server.domain.guard import Request
from server.domain.memberships import MembershipState
from server.domain.texts import is_storable
from server.services.ports.unit_of_work import UnitOfWork
from server.services.qualifications import account_of, holds, qualified

REQUESTERS = (
    Role.NURSE,
    Role.SPECIALIST,
    Role.TECHNICIAN,
    Role.GP,
    Role.RADIOLOGIST,
    Role.INTEGRATOR,
)
"""A hospital's own systems file requests too."""
CLINICIANS = (*REQUESTERS, Role.CASE_MANAGER, Role.PSYCHOLOGIST)


async def reachable(
    uow: UnitOfWork, actor: Actor, request_id: str, *, locked: bool = False
) -> tuple[Request, User]:
    """A request that the caller made, takes part in or may accept. Raises NotFound."""
    user = await account_of(uow, actor)
    if not is_storable(request_id):
        raise NotFound
    stores = uow.guard_requests
    request = await (stores.lock if locked else stores.find)(request_id)
    if request is None or not (
        await _is_member(uow, request, user) or await may_accept(uow, request, user)
    ):
        raise NotFound
    return request, user


async def own(uow: UnitOfWork, actor: Actor, request_id: str) -> tuple[Request, User]:
    """A request that the caller made, locked. Raises NotFound, Forbidden."""
    request, user = await reachable(uow, actor, request_id, locked=True)
    if request.requester != user.id:
        raise Forbidden(needs="requester")
    return request, user


async def hearing(uow: UnitOfWork, actor: Actor, request_id: str) -> tuple[Request, User]:
    """A request whose result the caller may hear: who asked, or was told instead; locked."""
    request, user = await reachable(uow, actor, request_id, locked=True)
    if user.id not in (request.requester, request.hear_to):
        raise Forbidden(needs="requester")
    return request, user


async def engaged(uow: UnitOfWork, actor: Actor, request_id: str) -> tuple[Request, User]:
    """A request that the caller made or accepted, locked. Raises NotFound, Forbidden."""
    request, user = await reachable(uow, actor, request_id, locked=True)
    if user.id not in (request.requester, request.accepted_by):
        raise Forbidden(needs="requester")
    return request, user


async def acceptable(uow: UnitOfWork, actor: Actor, request_id: str) -> tuple[Request, User]:
    """A request that the caller may take on, locked. Raises NotFound, Forbidden."""
    request, user = await reachable(uow, actor, request_id, locked=True)
    if not await may_accept(uow, request, user):
        raise Forbidden(needs=Role.RADIOLOGIST.value)
    return request, user


async def held(uow: UnitOfWork, actor: Actor, request_id: str) -> tuple[Request, User]:
    """A request that the caller accepted, locked. Raises NotFound, NotAcceptor, GuardMoved."""
    request, _ = await reachable(uow, actor, request_id, locked=True)
    user = await qualified(uow, actor, Role.RADIOLOGIST)
    request.require_acceptor(user.id)
    return request, user


async def may_accept(uow: UnitOfWork, request: Request, user: User) -> bool:
    """Whether a radiologist stands on a rota of the service, or was asked by name."""
    if not holds(user, Role.RADIOLOGIST):
        return False
    if user.id in (request.referred_to, request.accepted_by):
        return True
    if request.service in await services_of(uow, user):
        return True
    sent = await uow.guard_notifications.of_requests([request.id])
    return any(one.person == user.id for one in sent)


async def services_of(uow: UnitOfWork, user: User) -> Collection[str]:
    """Services whose rotas name a radiologist; two queries."""
    if not holds(user, Role.RADIOLOGIST):
        return frozenset()
    rotas = {rota.id for rota in await uow.rotas.all() if user.id in rota.people}
    services = await uow.guard_services.all()
    return frozenset(each.id for each in services if each.rotas & rotas or user.id in each.people)


async def _is_member(uow: UnitOfWork, request: Request, user: User) -> bool:
    member = await uow.memberships.find(request.room, user.id)
    return member is not None and member.state is MembershipState.ACTIVE
