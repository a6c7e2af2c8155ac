"""The way into rooms, and what may be done to a room as a whole."""

from __future__ import annotations

from server.domain.access import Ability, Actor
from server.domain.errors import Forbidden, NotFound
from server.domain.memberships import Access, MembershipState, Waiting
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database, UnitOfWork


class Rooms:
    """Use cases of rooms."""

    def __init__(self, database: Database, clock: Clock, fresh: Fresh) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh

    async def access(
        self,
        uow: UnitOfWork,
        actor: Actor,
        room_id: str,
        *needs: Ability,
        even_closed: bool = False,
    ) -> Access:
        """The only way to get a Room.

        Raises NotFound for strangers and tickets of other rooms, Waiting, RoomClosed (unless
        `even_closed`), Forbidden for refused people and missing abilities.
        """
        access = await self.doorstep(uow, actor, room_id)
        if access.membership.state is MembershipState.WAITING:
            raise Waiting(room=room_id)
        if not even_closed:
            access.room.require_open()
        access.grants.require(*needs)
        return access

    async def doorstep(self, uow: UnitOfWork, actor: Actor, room_id: str) -> Access:
        """Access for those in the lobby too, to a closed room too: check before letting in."""
        return await doorstep(uow, actor, room_id)


async def doorstep(uow: UnitOfWork, actor: Actor, room_id: str) -> Access:
    """Who the actor is in a room. Raises NotFound for strangers, Forbidden for the refused."""
    ticket = actor.ticket
    if actor.may_only_enrol or (ticket is not None and ticket.room != room_id):
        raise NotFound
    if actor.is_guest and ticket is None:
        raise NotFound
    membership = await uow.memberships.find(room_id, actor.person)
    if membership is None or membership.state is MembershipState.REMOVED:
        raise NotFound
    room = await uow.rooms.find(room_id)
    if room is None:
        raise NotFound
    if membership.state is MembershipState.REFUSED:
        raise Forbidden
    grants = membership.grants if ticket is None else membership.grants & ticket.grants
    return Access(room, membership, grants)
