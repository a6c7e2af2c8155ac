"""Calls: who may send and receive media, and what the media plane tells of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from server.domain.access import Ability, Actor, Grants, Source
from server.domain.call_quality import Told
from server.domain.calls import REFUSALS, UNKNOWN_PEER, NotPermitted, require_here
from server.domain.errors import Unavailable
from server.domain.memberships import Access
from server.domain.presence import NotInCall, Peer, PeerGone
from server.domain.timeline import EventType
from server.services import presence
from server.services.access import access
from server.services.call_news import CallNews, Tell
from server.services.ports.bus import Notice
from server.services.ports.clock import Clock, Fresh
from server.services.ports.media import MediaPlane
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.quality_record import QualityRecord
from server.services.timeline import append
from server.services.trials import Trials

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Participant:
    """A peer of this process whose media is admitted, with what it may do now."""

    actor: Actor
    room: str
    peer: str
    grants: Grants

    def under(self, membership: Grants) -> Participant:
        """The same under the membership's grants of now."""
        ticket = self.actor.ticket
        return replace(self, grants=membership if ticket is None else membership & ticket.grants)


Follower = Callable[[UnitOfWork, str, str, datetime], Awaitable[None]]
"""Told in the same transaction that a person enters a room's call: room, person, now."""


class Calls:
    """Use cases of calls, and the listener of the media plane."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        fresh: Fresh,
        media: MediaPlane,
        node: str | None = None,
        record: QualityRecord | None = None,
        followers: Sequence[Follower] = (),
    ) -> None:
        """`node` is this process as `Presence` knows it; without one it holds every call."""
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._media = media
        self._node = node
        self._followers = followers
        self._quality = record or QualityRecord(database, clock, fresh)
        self.trials = Trials(media, clock, fresh)
        self._tell: Tell = lambda notice: None
        self._participants: dict[str, Participant] = {}
        self._watched: dict[str, Callable[[], None]] = {}  # peers without a socket
        self._to_begin_anew: set[str] = set()  # peers that were told and did not yet
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, tell: Tell) -> None:
        """Start the media plane; what it says goes to `tell`, for sockets of this process."""
        self._tell = tell
        news = CallNews(tell, self.trials, self._quality, self._peer_lost, self._room_reset)
        await self._media.start(news)

    async def close(self) -> None:
        """End what is under way and the media plane; idempotent."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.trials.close()
        await self._media.close()
        with suppress(Unavailable):
            await self._quality.close()

    async def join(self, actor: Actor, room_id: str, peer_id: str) -> None:
        """Enter the call; idempotent. Raises NotFound, Forbidden, RoomClosed, MediaUnavailable."""
        async with self._database.reading() as uow:
            proven = await access(uow, actor, room_id)
            await presence.find(uow, room_id, peer_id)
            await self._require_here(uow, room_id)
            user = None if actor.is_guest else await uow.accounts.find(actor.person)
        participant = Participant(actor, room_id, peer_id, proven.grants)
        self._participants[peer_id] = participant
        try:
            await self._admit(participant)
            await self._record(participant, entering=True)
        except BaseException:
            await self.drop(room_id, peer_id)
            raise
        if self._is_live(participant):
            self._quality.enter(room_id, peer_id, actor.person, user.site if user else None)

    async def leave(self, actor: Actor, room_id: str, peer_id: str) -> None:
        """Leave the call, staying in the room; idempotent."""
        await self.drop(room_id, peer_id)
        async with self._database.reading() as uow:
            await access(uow, actor, room_id, even_closed=True)
        await self._record(Participant(actor, room_id, peer_id, Grants()), entering=False)

    async def publish(
        self, actor: Actor, room_id: str, peer_id: str, offer: str, sources: Mapping[str, Source]
    ) -> str:
        """Answer an SDP offer; `sources` is mid → source. Raises NotPermitted, SdpInvalid …"""
        sent = frozenset(sources.values())
        async with self._database.reading() as uow:
            proven, peer = await self._in_call(uow, actor, room_id, peer_id)
        if not sent <= proven.grants.publish:
            raise NotPermitted
        wire = {mid: source.value for mid, source in sources.items()}
        answer = await self._ask(
            peer_id, lambda: self._media.publish(room_id, peer_id, offer, wire)
        )
        self._to_begin_anew.discard(peer_id)
        for source in peer.muted & sent:  # a new worker does not know them
            await self._mute(peer, source, muted=True)
        await self._change(peer, lambda now: now.publish(sent))
        return answer

    async def play(
        self, actor: Actor, room_id: str, peer_id: str, offer: str, publisher: str
    ) -> str:
        """Answer the SDP offer of a peer that watches another, or all. Raises SdpInvalid …"""
        await self._authorise(actor, room_id, peer_id, Ability.SUBSCRIBE)
        return await self._ask(
            peer_id, lambda: self._media.play(room_id, peer_id, offer, publisher)
        )

    async def answer(
        self, actor: Actor, room_id: str, peer_id: str, negotiation: int, sdp: str
    ) -> None:
        """Take the answer to a subscribe offer. Raises NegotiationStale, SdpInvalid …"""
        await self._authorise(actor, room_id, peer_id, Ability.SUBSCRIBE)
        await self._ask(
            peer_id, lambda: self._media.answer(room_id, peer_id, negotiation, sdp), again=False
        )

    async def restart_subscribe(self, actor: Actor, room_id: str, peer_id: str) -> None:
        """Ask for a fresh subscribe offer."""
        await self._authorise(actor, room_id, peer_id, Ability.SUBSCRIBE)
        await self._ask(peer_id, lambda: self._media.restart_subscribe(room_id, peer_id))

    async def show(
        self,
        actor: Actor,
        room_id: str,
        peer_id: str,
        tiles: Sequence[tuple[str, Source, int, int]],
    ) -> None:
        """Note which videos are in view: publisher, source, width and height in pixels."""
        await self._authorise(actor, room_id, peer_id, Ability.SUBSCRIBE)
        wire = [(peer, source.value, width, height) for peer, source, width, height in tiles]
        await self._ask(peer_id, lambda: self._media.view(room_id, peer_id, wire))

    async def mute(
        self, actor: Actor, room_id: str, peer_id: str, source: Source, *, muted: bool
    ) -> None:
        """Stop forwarding one's own source, or forward it again."""
        peer = await self._authorise(actor, room_id, peer_id)
        await self._mute(peer, source, muted=muted)
        await self._change(peer, lambda now: now.mute(source, muted=muted))

    async def moderate_mute(self, actor: Actor, room_id: str, peer_id: str, source: Source) -> None:
        """Mute somebody else. Raises Forbidden without `moderate`, NotInCall, PeerGone."""
        async with self._database.transaction() as uow:
            await access(uow, actor, room_id, Ability.MODERATE)
            peer = await presence.change(
                uow, room_id, peer_id, lambda now: now.mute(source, muted=True)
            )
            told = {"room": room_id, "source": source.value, "by": actor.person}
            uow.publish(Notice("muted", told, peer=peer_id))
            data = {"room": room_id, "peer": peer_id, "source": source.value}
            now = self._clock.now()
            await uow.audit.record(now, actor.person, "call.muted", peer.person, data)
        await self.enforce_mute(room_id, peer_id, source)

    async def enforce_mute(self, room_id: str, peer_id: str, source: Source) -> None:
        """Drop a source's packets, where this process holds the peer."""
        if peer_id in self._participants:
            await self._ask(peer_id, lambda: self._media.mute(room_id, peer_id, source.value, True))

    async def renew(self, actor: Actor, room_id: str, peer_id: str) -> None:
        """Go on under a fresh ticket of the same person."""
        if (participant := self._participants.get(peer_id)) is None:
            return
        async with self._database.reading() as uow:
            proven = await access(uow, actor, room_id)
        self._participants[peer_id] = replace(participant, actor=actor)
        await self.regrant({(room_id, actor.person): proven.membership.grants})

    async def regrant(self, memberships: Mapping[tuple[str, str], Grants]) -> None:
        """Apply what memberships, by (room, person), grant now to live media."""
        for before in tuple(self._participants.values()):
            membership = memberships.get((before.room, before.actor.person))
            after = before if membership is None else before.under(membership)
            if after.grants != before.grants and self._is_live(before):
                self._participants[after.peer] = after
                await self._admit(after)
                await self._withdraw(after)

    def carries(self, peer_id: str) -> bool:
        """Whether this process carries the peer's media."""
        return peer_id in self._participants

    def remind(self, room_id: str, peer_id: str) -> None:
        """Tell a peer to begin anew, if it should and has not, perhaps for want of a socket."""
        if peer_id in self._to_begin_anew:
            self._tell(Notice("media.reset", {"room": room_id}, peer=peer_id))

    async def drop(self, room_id: str, peer_id: str) -> None:
        """End a peer's media at once, whatever else fails; idempotent."""
        self._watched.pop(peer_id, None)
        self._to_begin_anew.discard(peer_id)
        if self._participants.pop(peer_id, None) is not None:
            self._quality.leave(peer_id)
            await self._media.leave(room_id, peer_id)

    async def tell_quality(self, actor: Actor, room_id: str, peer_id: str, told: Told) -> None:
        """What a device in the call says of its own link. Raises NotInCall, NotFound …"""
        await self._authorise(actor, room_id, peer_id)
        self._quality.tell(peer_id, told)

    def watch(self, peer_id: str, lost: Callable[[], None]) -> None:
        """Call `lost` when the media of a peer without a socket is gone, until it is dropped."""
        self._watched[peer_id] = lost

    def _peer_lost(self, peer: str) -> None:
        """Let a peer whose socket still lives begin anew."""
        if (participant := self._participants.get(peer)) is not None:
            self._begin_anew(participant)

    def _room_reset(self, room: str) -> None:
        """Let everybody begin anew on the new worker."""
        for participant in self._participants.values():
            if participant.room == room:
                self._begin_anew(participant)

    def _begin_anew(self, participant: Participant) -> None:
        lost = self._watched.get(participant.peer)
        if lost is not None:
            lost()  # it cannot be told: its own client finds out
        else:
            self._spawn(self._reset(participant))

    async def _reset(self, participant: Participant) -> None:
        with suppress(*_REFUSALS):  # told anyway: publishing admits again
            await self._admit(participant)
        if self._is_live(participant):
            self._to_begin_anew.add(participant.peer)
            self.remind(participant.room, participant.peer)

    async def _admit(self, participant: Participant) -> None:
        publish = frozenset(source.value for source in participant.grants.publish)
        subscribe = Ability.SUBSCRIBE in participant.grants.abilities
        try:
            await _translated(
                self._media.join(participant.room, participant.peer, publish, subscribe)
            )
        finally:
            if not self._is_live(participant):  # dropped meanwhile
                await self._media.leave(participant.room, participant.peer)

    async def _ask(self, peer_id: str, ask: Callable[[], Awaitable[T]], *, again: bool = True) -> T:
        """Ask the media plane; one that lost the peer gets it admitted anew, once."""
        participant = self._participants.get(peer_id)
        if participant is None:
            raise NotInCall
        try:
            return await ask()
        except Exception as error:
            if not again or getattr(error, "code", None) not in UNKNOWN_PEER:
                raise _refusal(error) from error
        if not self._is_live(participant):
            raise NotInCall
        await self._admit(participant)
        return await _translated(ask())

    async def _withdraw(self, participant: Participant) -> None:
        """Take what is no longer permitted out of what the room sees published."""
        allowed = participant.grants.publish
        async with self._database.transaction() as uow:
            with suppress(NotInCall, PeerGone):
                await presence.change(
                    uow,
                    participant.room,
                    participant.peer,
                    lambda peer: peer.publish(peer.publishing & allowed),
                )

    async def _mute(self, peer: Peer, source: Source, *, muted: bool) -> None:
        await self._ask(peer.id, lambda: self._media.mute(peer.room, peer.id, source.value, muted))

    async def _authorise(self, actor: Actor, room_id: str, peer_id: str, *needs: Ability) -> Peer:
        async with self._database.reading() as uow:
            _, peer = await self._in_call(uow, actor, room_id, peer_id, *needs)
        return peer

    async def _in_call(
        self, uow: UnitOfWork, actor: Actor, room_id: str, peer_id: str, *needs: Ability
    ) -> tuple[Access, Peer]:
        proven = await access(uow, actor, room_id, *needs)
        peer = await presence.find(uow, room_id, peer_id)
        peer.require_call()
        return proven, peer

    async def _change(self, peer: Peer, how: Callable[[Peer], Peer]) -> None:
        async with self._database.transaction() as uow:
            await presence.change(uow, peer.room, peer.id, how)

    async def _record(self, participant: Participant, *, entering: bool) -> None:
        """Store that a peer is in the call or out of it, and tell the timeline once."""
        room_id = participant.room
        async with self._database.transaction() as uow:
            if entering:  # they lock what is theirs before the room, as everywhere
                for follower in self._followers:
                    await follower(uow, room_id, participant.actor.person, self._clock.now())
            await uow.rooms.lock(room_id)
            if entering:
                await access(uow, participant.actor, room_id)
                await self._require_here(uow, room_id)
            before = await presence.find(uow, room_id, participant.peer)
            if before.in_call is entering:
                return
            await presence.change(
                uow,
                room_id,
                before.id,
                lambda peer: peer.enter_call() if entering else peer.leave_call(),
            )
            kind = EventType.CALL_JOINED if entering else EventType.CALL_LEFT
            data = {"peer": before.id, "person": before.person}
            now = self._clock.now()
            await append(uow, room_id, kind, before.sender, data, now, self._fresh)

    async def _require_here(self, uow: UnitOfWork, room_id: str) -> None:
        if self._node is not None:
            require_here(await uow.presences.of_room(room_id), self._node)

    def _is_live(self, participant: Participant) -> bool:
        return participant.peer in self._participants

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


_REFUSALS = tuple(set(REFUSALS.values()))


async def _translated(asked: Awaitable[T]) -> T:
    try:
        return await asked
    except Exception as error:
        raise _refusal(error) from error


def _refusal(error: Exception) -> Exception:
    """The media plane's error as ours; what has no known code stays as it is."""
    known = REFUSALS.get(str(getattr(error, "code", None)))
    return error if known is None else known()
