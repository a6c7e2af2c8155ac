"""The only way into a room: who the actor is there, now."""

from __future__ import annotations

from server.domain.access import Ability, Actor
from server.domain.errors import Forbidden, NotFound
from server.domain.memberships import Access, MembershipState, Waiting
from server.domain.texts import is_storable
from server.services.ports.unit_of_work import UnitOfWork


async def access(
    uow: UnitOfWork,
    actor: Actor,
    room_id: str,
    *needs: Ability,
    even_closed: bool = False,
    locked: bool = False,
) -> Access:
    """A member's access; `locked` keeps the room as it is until the transaction ends.

    Raises NotFound for strangers and tickets of other rooms, Waiting, RoomClosed (unless
    `even_closed`), Forbidden for refused people and missing abilities.
    """
    proven = await doorstep(uow, actor, room_id, locked=locked)
    if proven.membership.state is MembershipState.WAITING:
        raise Waiting(room=room_id)
    if not even_closed:
        proven.room.require_open()
    proven.grants.require(*needs)
    return proven


async def doorstep(uow: UnitOfWork, actor: Actor, room_id: str, *, locked: bool = False) -> Access:
    """The same for those in the lobby too, and in closed rooms: look before letting in.

    Raises NotFound for strangers, Forbidden for the refused.
    """
    ticket = actor.ticket
    if ticket is not None and ticket.room != room_id:
        raise NotFound
    if actor.may_only_enrol or (actor.is_guest and ticket is None) or not is_storable(room_id):
        raise NotFound
    room = await (uow.rooms.lock if locked else uow.rooms.find)(room_id)
    membership = await uow.memberships.find(room_id, actor.person)
    if room is None or membership is None or membership.state is MembershipState.REMOVED:
        raise NotFound
    if membership.state is MembershipState.REFUSED:
        raise Forbidden
    grants = membership.grants if ticket is None else membership.grants & ticket.grants
    return Access(room, membership, grants)
