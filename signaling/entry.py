"""Events of coming and going."""

from __future__ import annotations

from typing import Any

from server.domain.access import Actor
from server.domain.errors import Forbidden
from server.domain.memberships import Waiting
from server.domain.presence import LeftReason
from server.domain.relays import Relay
from signaling.attendance import Attendance
from signaling.payloads import Join, Leave, RaiseHand, RefreshRoomToken, RefreshToken, RenewIce
from signaling.services import Services
from signaling.sessions import Session, expiry

Answer = dict[str, Any]


class Entry:
    """Tokens, join, leave and the raised hand."""

    def __init__(self, services: Services, attendance: Attendance, relay: Relay) -> None:
        self._services = services
        self._attendance = attendance
        self._relay = relay

    async def token(self, session: Session, command: RefreshToken) -> Answer:
        """Go on under a fresh token."""
        actor = await self._services.tokens.authenticate(command.token)
        require_entrance(actor)
        require_same(session, actor)
        session.actor = actor
        session.expires_at = expiry(command.token)
        return {}

    async def join(self, session: Session, command: Join) -> Answer:
        """Enter, or wait in the lobby."""
        actor = await self._services.tokens.verify_room(command.token)
        require_same(session, actor)
        assert actor.ticket is not None
        room_id = actor.ticket.room
        try:
            seat = await self._attendance.enter(session, actor, expiry(command.token), command.peer)
        except Waiting:
            room = await self._services.rooms.get(actor, room_id)
            return {"state": "waiting", "room": room.to_wire()}
        snapshot = await self._services.timeline.snapshot(actor, room_id)
        return {
            "state": "joined",
            "peer": seat.peer.id,
            "snapshot": snapshot.to_wire(),
            "ice_servers": self._ice_servers(seat.peer.id),
        }

    async def ice(self, session: Session, command: RenewIce) -> Answer:
        """Fresh credentials for the relay: the former ones last minutes."""
        seat = session.seat(command.room)
        await self._services.rooms.get(seat.actor, command.room)  # still a member
        return {"ice_servers": self._ice_servers(seat.peer.id)}

    def _ice_servers(self, peer: str) -> list[dict[str, Any]]:
        return self._relay.ice_servers(peer, self._services.clock.now())

    async def leave(self, session: Session, command: Leave) -> Answer:
        """Leave; a room that was not joined is left already."""
        await self._attendance.leave(session, command.room, LeftReason.LEFT)
        return {}

    async def room_token(self, session: Session, command: RefreshRoomToken) -> Answer:
        """Go on under a fresh room token."""
        seat = session.seat(command.room)
        actor = await self._services.tokens.verify_room(command.token)
        require_same(session, actor)
        if actor.ticket is None or actor.ticket.room != command.room:
            raise Forbidden
        seat.actor = actor
        seat.expires_at = expiry(command.token)
        await self._services.calls.renew(actor, command.room, seat.peer.id)
        return {}

    async def hand(self, session: Session, command: RaiseHand) -> Answer:
        """Ask for the floor, or no longer."""
        seat = session.seat(command.room)
        await self._services.presence.raise_hand(
            seat.actor, command.room, seat.peer.id, raised=command.raised
        )
        return {}


def require_entrance(actor: Actor) -> None:
    """Raise Forbidden unless it is an access token, or a guest's room token."""
    if actor.may_only_enrol or (actor.ticket is not None and not actor.is_guest):
        raise Forbidden


def require_same(session: Session, actor: Actor) -> None:
    """Raise Forbidden for another person's token, or another sign-in's."""
    if (actor.person, actor.session) != (session.actor.person, session.actor.session):
        raise Forbidden
