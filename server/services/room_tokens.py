"""Room tokens: short proof of who may enter one room, and as what."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.access import Actor, Grants
from server.domain.errors import Forbidden, NotFound
from server.domain.memberships import Access
from server.domain.sessions import ROOM_LIFETIME
from server.services.access import doorstep
from server.services.ports.clock import Clock
from server.services.ports.unit_of_work import Database
from server.services.tokens import Tokens


@dataclass(frozen=True, slots=True)
class RoomToken:
    """A signed token, living `expires_in` seconds, beside what a client wants to know of it."""

    token: str
    expires_in: int
    person: str
    grants: Grants


class RoomTokens:
    """Use cases of room tokens."""

    def __init__(self, database: Database, clock: Clock, tokens: Tokens) -> None:
        self._database = database
        self._clock = clock
        self._tokens = tokens

    async def mint(self, actor: Actor, room_id: str) -> RoomToken:
        """For a member with an access token, or a guest with a room token still valid.

        People in the lobby get one too: it lets them wait. A guest's ends with the invitation.
        Raises NotFound, Forbidden, RoomClosed.
        """
        async with self._database.reading() as uow:
            proven = await doorstep(uow, actor, room_id)
            if actor.ticket is not None and not actor.is_guest:
                raise Forbidden  # a stolen room token must not renew itself
            if actor.is_guest:
                invitation = await uow.invitations.find(actor.person.removeprefix("guest:"))
                if invitation is None or not invitation.is_alive(self._clock.now()):
                    raise NotFound
        proven.room.require_open()
        return self.sign(proven, actor.session)

    def sign(self, access: Access, session: str | None) -> RoomToken:
        """Sign what the membership grants now."""
        member = access.membership
        token = self._tokens.mint_room(
            person=member.person,
            name=member.name,
            session=session,
            room=member.room,
            role=member.role,
            grants=member.grants,
        )
        seconds = int(ROOM_LIFETIME.total_seconds())
        return RoomToken(token, seconds, member.person, member.grants)
