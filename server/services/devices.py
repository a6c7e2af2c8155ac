"""Devices in a room over HTTP alone: they send (WHIP) or watch (WHEP), without a socket."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from server.domain.access import Ability, Actor, Source
from server.domain.calls import NotPermitted, SdpInvalid
from server.domain.errors import LimitExceeded, NotFound
from server.domain.presence import LeftReason, NotInCall, Peer
from server.domain.whip import (
    SESSIONS_MAX,
    SESSIONS_PER_PERSON,
    Fragment,
    fragment_of,
    is_refused,
    restarted,
    sources_of,
)
from server.services.access import access
from server.services.calls import Calls
from server.services.ports.clock import Fresh
from server.services.ports.unit_of_work import Database
from server.services.presence import Presence
from server.services.revocation import HeldSeat, Hold, Revocation

REVIEW_S = 2.0
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Session:
    """One device's sending or watching; `generation` counts its ICE restarts."""

    id: str
    actor: Actor
    peer: Peer
    offer: str
    sources: Mapping[str, Source]
    """What it sends, by mid; empty where it watches."""
    ufrag: str
    answer: str
    generation: int = 1
    watched: str = ""
    """The peer that it watches, empty for all."""

    @property
    def etag(self) -> str:
        """Names the ICE session (RFC 9725 §4.3.1)."""
        return f'"{self.generation}"'

    def hold(self) -> Hold:
        """What it stands on: the token was for the beginning, membership and sign-in go on."""
        actor, room = self.actor, self.peer.room
        guest_of = room if actor.is_guest else None
        seats = (HeldSeat(room, _NEVER),)
        return Hold(self.id, actor.person, actor.session, guest_of, _NEVER, seats)


class Devices:
    """Use cases of media over HTTP, in the process that holds the call."""

    def __init__(
        self,
        database: Database,
        fresh: Fresh,
        presence: Presence,
        calls: Calls,
        revocation: Revocation,
    ) -> None:
        self._database = database
        self._fresh = fresh
        self._presence = presence
        self._calls = calls
        self._revocation = revocation
        self._sessions: dict[str, Session] = {}
        self._lost: set[str] = set()

    async def publish(self, actor: Actor, room_id: str, offer: str, video: Source) -> Session:
        """Begin to send; the device is a participant from now on.

        Raises NotFound, Forbidden, RoomEncrypted, NotPermitted, SdpInvalid, LimitExceeded,
        MediaUnavailable …
        """
        sources, fragment = sources_of(offer, video), Fragment.parse(offer)
        async with self._database.reading() as uow:
            proven = await access(uow, actor, room_id)
        proven.room.require_unencrypted()
        if not frozenset(sources.values()) <= proven.grants.publish:
            raise NotPermitted
        return await self._begin(actor, room_id, offer, fragment, sources)

    async def play(self, actor: Actor, room_id: str, offer: str, person: str | None) -> Session:
        """Begin to watch a person, or everybody; the device is a participant from now on.

        Raises NotFound, Forbidden, RoomEncrypted, NotInCall, SdpInvalid, LimitExceeded,
        MediaUnavailable …
        """
        fragment = Fragment.parse(offer)
        async with self._database.reading() as uow:
            proven = await access(uow, actor, room_id, Ability.SUBSCRIBE)
            present = await uow.presences.of_room(room_id)
        proven.room.require_unencrypted()
        watched = ""
        if person is not None:
            sending = [one for one in present if one.person == person and one.publishing]
            if not sending:
                raise NotInCall("This person sends nothing now.")
            watched = sending[-1].id
        return await self._begin(actor, room_id, offer, fragment, {}, watched)

    async def _begin(
        self,
        actor: Actor,
        room_id: str,
        offer: str,
        fragment: Fragment,
        sources: Mapping[str, Source],
        watched: str = "",
    ) -> Session:
        self._require_space(actor)
        name = self._fresh.id()
        peer = await self._presence.join(actor, room_id, f"{'whip' if sources else 'whep'}-{name}")
        session = Session(name, actor, peer, offer, sources, fragment.ufrag, "", watched=watched)
        self._sessions[name] = session
        try:
            await self._calls.join(actor, room_id, peer.id)
            self._calls.watch(peer.id, lambda: self._lost.add(name))
            session.answer = await self._answer(session, offer)
            if is_refused(session.answer):
                raise SdpInvalid("None of the offered codecs can be taken.")
        except BaseException:
            await self._end(session, LeftReason.LOST)
            raise
        return session

    async def _answer(self, session: Session, offer: str) -> str:
        actor, peer, sources = session.actor, session.peer, session.sources
        if sources:
            return await self._calls.publish(actor, peer.room, peer.id, offer, sources)
        return await self._calls.play(actor, peer.room, peer.id, offer, session.watched)

    def find(self, actor: Actor, room_id: str, session_id: str) -> Session:
        """One's own session. Raises NotFound."""
        session = self._sessions.get(session_id)
        is_of_room = actor.ticket is None or actor.ticket.room == room_id
        if session is None or session.actor.person != actor.person or not is_of_room:
            raise NotFound
        if session.peer.room != room_id:
            raise NotFound
        return session

    async def restart(self, session: Session, fragment: Fragment) -> str:
        """New ICE credentials on both sides; answers ours (RFC 9725 §4.3.3)."""
        offer = restarted(session.offer, fragment)
        answer = await self._answer(session, offer)
        session.offer, session.answer, session.ufrag = offer, answer, fragment.ufrag
        session.generation += 1
        return fragment_of(answer)

    async def end(self, session: Session) -> None:
        """Stop sending or watching and leave; idempotent."""
        await self._end(session, LeftReason.LEFT)

    async def review(self) -> int:
        """End what lost its media or its right to be here; the engine's step."""
        lost, self._lost = self._lost, set()
        holds = [session.hold() for session in self._sessions.values()]
        review = await self._revocation.review(holds) if holds else None
        gone = lost | ({ended.socket for ended in review.ended} if review else set())
        peers = [session.peer for session in self._sessions.values()]
        missing = {peer.id for peer in await self._presence.missing(peers)} if peers else set()
        ended = 0
        for session in list(self._sessions.values()):
            if session.id in gone or session.peer.id in missing:
                reason = LeftReason.LOST if session.id in lost else LeftReason.REMOVED
                await self._end(session, reason)
                ended += 1
        return ended

    async def _end(self, session: Session, reason: LeftReason) -> None:
        if self._sessions.pop(session.id, None) is None:
            return
        peer = session.peer
        try:
            await self._calls.drop(peer.room, peer.id)
        finally:
            with suppress(NotFound):
                await self._presence.leave(peer.room, [peer.id], reason)

    def _require_space(self, actor: Actor) -> None:
        mine = [one for one in self._sessions.values() if one.actor.person == actor.person]
        if len(self._sessions) >= SESSIONS_MAX or len(mine) >= SESSIONS_PER_PERSON:
            raise LimitExceeded(limit="devices")
