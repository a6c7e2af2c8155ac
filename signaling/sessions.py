"""Live sockets: whose they are, which rooms they joined, until when their tokens count."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from server.domain.access import Actor
from server.domain.errors import LimitExceeded, NotFound
from server.domain.presence import LeftReason, Peer
from server.services.revocation import HeldSeat, Hold
from signaling.lanes import Lane
from signaling.limits import Allowance

ROOMS_MAX = 20


@dataclass(slots=True)
class Seat:
    """A joined room: the peer, and by which ticket."""

    peer: Peer
    actor: Actor
    expires_at: datetime


@dataclass(slots=True, eq=False)
class Session:
    """One socket of `/room`."""

    sid: str
    actor: Actor
    device: str
    expires_at: datetime
    allowance: Allowance
    lane: Lane = field(default_factory=Lane)
    seats: dict[str, Seat] = field(default_factory=dict)
    reason: LeftReason = LeftReason.LOST

    def seat(self, room_id: str) -> Seat:
        """The seat in a room. Raises NotFound, as for a stranger, when it was not joined."""
        seat = self.seats.get(room_id)
        if seat is None:
            raise NotFound("Join the room first.")
        return seat

    def require_space(self, room_id: str) -> None:
        """Raise LimitExceeded when another room would be one too many."""
        if room_id not in self.seats and len(self.seats) >= ROOMS_MAX:
            raise LimitExceeded(limit="rooms")

    def hold(self) -> Hold:
        """What this socket stands on, for review."""
        ticket = self.actor.ticket
        return Hold(
            socket=self.sid,
            person=self.actor.person,
            session=self.actor.session,
            guest_of=ticket.room if ticket is not None else None,
            expires_at=self.expires_at,
            seats=tuple(HeldSeat(room, seat.expires_at) for room, seat in self.seats.items()),
        )


class Sessions:
    """Every socket of this process."""

    def __init__(self) -> None:
        self._by_sid: dict[str, Session] = {}

    def add(self, session: Session) -> None:
        """A socket connected."""
        self._by_sid[session.sid] = session

    def find(self, sid: str) -> Session | None:
        """The session of a socket."""
        return self._by_sid.get(sid)

    def remove(self, sid: str) -> Session | None:
        """A socket is gone."""
        return self._by_sid.pop(sid, None)

    def all(self) -> list[Session]:
        """Everybody."""
        return list(self._by_sid.values())

    def in_room(self, room_id: str, person: str | None = None) -> list[tuple[Session, Seat]]:
        """Seats of a room, of everybody or one person."""
        return [
            (session, session.seats[room_id])
            for session in self._by_sid.values()
            if room_id in session.seats and person in (None, session.actor.person)
        ]

    def of_peer(self, room_id: str, peer_id: str) -> tuple[Session, Seat] | None:
        """The seat of a peer."""
        seats = self.in_room(room_id)
        return next((one for one in seats if one[1].peer.id == peer_id), None)

    def of(self, *, person: str | None, session: str | None) -> list[Session]:
        """Sockets of a person, or of a sign-in."""
        return [
            one
            for one in self._by_sid.values()
            if (person is not None and one.actor.person == person)
            or (session is not None and one.actor.session == session)
        ]

    def peers(self) -> Iterable[Peer]:
        """Everybody present here."""
        return [seat.peer for session in self.all() for seat in session.seats.values()]


def expiry(token: str) -> datetime:
    """When a JWT ends. It was verified before: this reads its payload only."""
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return datetime.fromtimestamp(int(claims["exp"]), UTC)
