"""Who sits in which room on which socket: entering, leaving, being shown out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from server.domain.access import Actor
from server.domain.errors import NotFound, Unavailable
from server.domain.presence import LeftReason
from server.services.calls import Calls
from server.services.presence import Presence
from signaling.crew import Crew
from signaling.sessions import Seat, Session, Sessions
from signaling.transport import Server

NAMESPACE = "/room"
OWED_MAX = 10_000

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Farewell:
    """A leave that could not be stored yet."""

    room: str
    peer: str
    reason: LeftReason


class Attendance:
    """Keeps sockets, their Socket.IO groups, presence and media of one mind."""

    def __init__(
        self, server: Server, sessions: Sessions, presence: Presence, calls: Calls, crew: Crew
    ) -> None:
        self._server = server
        self.sessions = sessions
        self._presence = presence
        self._calls = calls
        self._crew = crew
        self._owed: list[Farewell] = []

    async def admit(self, session: Session) -> None:
        """A socket connected: it hears what is for its person and its sign-in."""
        self.sessions.add(session)
        await self._group(session, f"person:{session.actor.person}")
        if session.actor.session is not None:
            await self._group(session, f"session:{session.actor.session}")

    async def enter(self, session: Session, actor: Actor, expires_at: datetime) -> Seat:
        """Take a seat in the room of the actor's ticket, instead of a former one."""
        assert actor.ticket is not None
        room_id = actor.ticket.room
        session.require_space(room_id)
        peer = await self._presence.join(actor, room_id, session.device)
        await self.vacate(session, room_id)
        seat = session.seats[room_id] = Seat(peer, actor, expires_at)
        await self._group(session, f"room:{room_id}")
        await self._group(session, f"peer:{peer.id}")
        return seat

    async def leave(self, session: Session, room_id: str, reason: LeftReason) -> None:
        """Give the seat up; what cannot be stored now is stored later."""
        seat = await self.vacate(session, room_id)
        if seat is not None:
            await self._say_farewell(Farewell(room_id, seat.peer.id, reason))

    async def vacate(self, session: Session, room_id: str) -> Seat | None:
        """Take the seat away and end its media at once; presence is told elsewhere."""
        seat = session.seats.pop(room_id, None)
        if seat is not None:
            await self._ungroup(session, f"room:{room_id}")
            await self._ungroup(session, f"peer:{seat.peer.id}")
            await self._drop_media(seat)
        return seat

    async def show_out(self, session: Session, room_id: str, code: str, reason: LeftReason) -> None:
        """End access to one room."""
        self.tell(session, "revoked", {"room": room_id, "code": code})
        await self.leave(session, room_id, reason)

    async def end(self, session: Session, code: str) -> None:
        """End access altogether: told, out of every room, disconnected; idempotent."""
        if self.sessions.find(session.sid) is not session:
            return
        session.reason = LeftReason.REMOVED
        self.tell(session, "revoked", {"code": code})
        engine_id = self._server.engine_id(session.sid, NAMESPACE)
        await self._server.disconnect(session.sid, namespace=NAMESPACE)
        if engine_id is not None:
            await self._server.hang_up(engine_id)

    async def forget(self, sid: str) -> None:
        """A socket is gone: its media ends at once, its seats once its last event is done."""
        session = self.sessions.remove(sid)
        if session is not None:
            await asyncio.gather(*map(self._drop_media, session.seats.values()))
            await self._end_trial(session)
            self._crew.spawn(self._leave_all(session))

    async def settle(self) -> None:
        """Try again to store leaves."""
        owed, self._owed = self._owed, []
        for farewell in owed:
            await self._say_farewell(farewell)

    def tell(self, session: Session, event: str, data: Mapping[str, Any]) -> None:
        """Send to one socket."""
        self._server.tell(NAMESPACE, session.sid, event, data)

    async def _leave_all(self, session: Session) -> None:
        await session.lane.close()
        for room_id in tuple(session.seats):
            await self.leave(session, room_id, session.reason)

    async def _say_farewell(self, farewell: Farewell) -> None:
        try:
            await self._presence.leave(farewell.room, [farewell.peer], farewell.reason)
        except NotFound:
            pass
        except Exception as error:
            log.warning("leave not stored", peer=farewell.peer, error=type(error).__name__)
            if len(self._owed) < OWED_MAX:
                self._owed.append(farewell)

    async def _end_trial(self, session: Session) -> None:
        try:
            await self._calls.trials.end(session.sid)
        except Exception as error:
            log.warning("trial not ended", error=type(error).__name__)

    async def _drop_media(self, seat: Seat) -> None:
        try:
            await self._calls.drop(seat.peer.room, seat.peer.id)
        except Exception as error:
            log.warning("media not dropped", peer=seat.peer.id, error=type(error).__name__)

    async def _group(self, session: Session, group: str) -> None:
        try:
            await self._server.enter_room(session.sid, group, namespace=NAMESPACE)
        except (KeyError, ValueError):  # the socket went meanwhile
            raise Unavailable from None

    async def _ungroup(self, session: Session, group: str) -> None:
        await self._server.leave_room(session.sid, group, namespace=NAMESPACE)
