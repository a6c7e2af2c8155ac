"""Who sits in which room on which socket: entering, leaving, being shown out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from server.domain.access import Actor
from server.domain.errors import NotFound, Unavailable
from server.domain.presence import LeftReason, Peer, PeerGone
from server.services.calls import Calls
from server.services.presence import Presence
from signaling.crew import Crew
from signaling.sessions import Seat, Session, Sessions
from signaling.transport import Server

NAMESPACE = "/room"
HOLD_SECONDS = 5.0  # what a person in a call may be away before the others see them go
OWED_MAX = 10_000

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Farewell:
    """A leave that could not be stored yet."""

    room: str
    peer: str
    reason: LeftReason


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A seat in a call whose socket was lost, kept for its return."""

    seat: Seat
    device: str
    ended: asyncio.Event


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
        self._held: dict[str, Held] = {}  # by peer
        self.hold_seconds = HOLD_SECONDS

    async def admit(self, session: Session) -> None:
        """A socket connected: it hears what is for its person and its sign-in."""
        self.sessions.add(session)
        await self._group(session, f"person:{session.actor.person}")
        if session.actor.session is not None:
            await self._group(session, f"session:{session.actor.session}")

    async def enter(
        self, session: Session, actor: Actor, expires_at: datetime, resumes: str | None = None
    ) -> Seat:
        """Take a seat in the room of the actor's ticket, instead of a former one.

        `resumes` names the peer that this device was: its seat, and the media that outlived its
        socket, are taken over while they are held.
        """
        assert actor.ticket is not None
        room_id = actor.ticket.room
        session.require_space(room_id)
        peer = await self._resume(session, actor, room_id, resumes) if resumes else None
        if peer is None:
            peer = await self._presence.join(actor, room_id, session.device)
        await self.vacate(session, room_id)
        seat = session.seats[room_id] = Seat(peer, actor, expires_at)
        await self._group(session, f"room:{room_id}")
        await self._group(session, f"peer:{peer.id}")
        self._calls.remind(room_id, peer.id)
        return seat

    async def _resume(
        self, session: Session, actor: Actor, room_id: str, peer_id: str
    ) -> Peer | None:
        """The peer, taken from where it is held or from a socket that is not yet known to be dead.

        None when it is not this person's device, or not held any more.
        """
        live = self.sessions.of_peer(room_id, peer_id)
        if live is not None:
            device, seat = live[0].device, live[1]
        elif (held := self._held.get(peer_id)) is not None and held.seat.peer.room == room_id:
            device, seat = held.device, held.seat
        else:
            return None
        if device != session.device or seat.actor.person != actor.person:
            return None
        try:
            peer = await self._presence.resume(actor, room_id, peer_id)
        except PeerGone:
            return None
        if live is not None:
            await self._unseat(live[0], room_id)
        elif (held := self._held.pop(peer_id, None)) is not None:
            held.ended.set()
        else:  # too late by a moment
            return None
        return peer

    async def leave(self, session: Session, room_id: str, reason: LeftReason) -> None:
        """Give the seat up; what cannot be stored now is stored later."""
        seat = await self.vacate(session, room_id)
        if seat is not None:
            await self._say_farewell(Farewell(room_id, seat.peer.id, reason))

    async def vacate(self, session: Session, room_id: str) -> Seat | None:
        """Take the seat away and end its media at once; presence is told elsewhere."""
        seat = await self._unseat(session, room_id)
        if seat is not None:
            await self._drop_media(seat)
        return seat

    async def _unseat(self, session: Session, room_id: str) -> Seat | None:
        seat = session.seats.pop(room_id, None)
        if seat is not None:
            await self._ungroup(session, f"room:{room_id}")
            await self._ungroup(session, f"peer:{seat.peer.id}")
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

    async def forget(self, sid: str, *, is_meant: bool) -> None:
        """A socket is gone: its media ends at once, its seats once its last event is done.

        Where neither side meant it, a seat in a call is held for HOLD_SECONDS.
        """
        session = self.sessions.remove(sid)
        if session is None:
            return
        if not is_meant and session.reason is LeftReason.LOST:
            for room_id, seat in tuple(session.seats.items()):
                if self._calls.carries(seat.peer.id):
                    del session.seats[room_id]
                    self._hold(session, seat)
        await asyncio.gather(*map(self._drop_media, session.seats.values()))
        await self._end_trial(session)
        self._crew.spawn(self._leave_all(session))

    def _hold(self, session: Session, seat: Seat) -> None:
        held = self._held[seat.peer.id] = Held(seat, session.device, asyncio.Event())
        self._crew.spawn(self._await_return(session, held))

    async def _await_return(self, session: Session, held: Held) -> None:
        seat = held.seat
        await session.lane.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(self.hold_seconds):
                await held.ended.wait()
        if self._held.get(seat.peer.id) is held:
            del self._held[seat.peer.id]
            await self._drop_media(seat)
            await self._say_farewell(Farewell(seat.peer.room, seat.peer.id, session.reason))

    def release(
        self,
        *,
        room: str | None = None,
        peer: str | None = None,
        person: str | None = None,
        session: str | None = None,
    ) -> None:
        """Hold no longer what fits all that is named: access ended, or the server does."""
        for held in tuple(self._held.values()):
            seat = held.seat
            is_meant = (
                room in (None, seat.peer.room)
                and peer in (None, seat.peer.id)
                and person in (None, seat.actor.person)
                and session in (None, seat.actor.session)
            )
            if is_meant:
                held.ended.set()

    def holds(self, peer_id: str) -> bool:
        """Whether a peer of ours has no socket for the moment."""
        return peer_id in self._held

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
