"""How far each person received and read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from server.domain.access import Actor
from server.domain.rooms import Room
from server.domain.timeline import Receipt
from server.services.access import access
from server.services.ports.bus import Notice
from server.services.ports.unit_of_work import Database, UnitOfWork

Follower = Callable[[UnitOfWork, Room, Receipt], Awaitable[None]]
"""Follows somebody's progress in the transaction that stores it."""


class Receipts:
    """Use cases of receipts."""

    def __init__(self, database: Database, followers: Sequence[Follower] = ()) -> None:
        self._database = database
        self._followers = followers

    async def advance(
        self, actor: Actor, room_id: str, delivered: int | None, read: int | None
    ) -> Receipt:
        """Record progress and tell the room; what goes back changes nothing."""
        async with self._database.reading() as uow:
            proven = await access(uow, actor, room_id, even_closed=True)
        member = proven.membership
        known = Receipt(member.person, member.delivered, member.read)
        wanted = known.advance(delivered, read, proven.room.last_seq)
        if wanted == known:
            return known
        async with self._database.transaction() as uow:
            await access(uow, actor, room_id, even_closed=True)
            stored = await uow.memberships.advance(room_id, wanted)
            if stored is not None:
                data = {"room": room_id, "person": stored.person, **stored.to_wire()}
                uow.publish(Notice("receipt", data, room=room_id))
                for follow in self._followers:
                    await follow(uow, proven.room, stored)
        return stored or wanted
