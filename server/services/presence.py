"""Who is live in a room: entering, leaving, and ending what a dead process left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from itertools import groupby

import structlog

from server.domain.access import Ability, Actor
from server.domain.errors import Unavailable
from server.domain.presence import LEASE, LeftReason, Peer, PeerGone, require_peer_space
from server.domain.timeline import EventType
from server.services.access import access
from server.services.door import Door
from server.services.ports.bus import Bus, Notice
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.timeline import append

CLOSE_S = 10.0
"""How long stopping waits for the database; others end our peers once our lease is over."""

log = structlog.get_logger(__name__)


class Presence:
    """Use cases of presence in one process, which is `node`."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        fresh: Fresh,
        bus: Bus,
        node: str,
        door: Door | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._bus = bus
        self._node = node
        self._door = door or Door()

    async def join(self, actor: Actor, room_id: str, device: str) -> Peer:
        """Enter; the same person's same device is replaced.

        Raises NotFound, Forbidden, Waiting, RoomClosed, RoomLocked, LimitExceeded, RateLimited.
        """
        passage = self._door.passage() if actor.is_guest else nullcontext()
        async with passage, self._database.transaction() as uow:
            proven = await access(uow, actor, room_id, locked=True)
            present = await uow.presences.of_room(room_id)
            mine = [peer for peer in present if peer.person == actor.person]
            proven.require_entrance(is_present=bool(mine))
            former = [peer for peer in mine if peer.device == device]
            await self._end(uow, await uow.presences.remove(_ids(former)), LeftReason.REPLACED)
            require_peer_space(len(present) - len(former))
            name = proven.membership.name
            peer = self._peer(actor.person, name, room_id, device)
            await self._add(uow, peer)
        return peer

    async def resume(self, actor: Actor, room_id: str, peer_id: str) -> Peer:
        """Go on as a peer whose socket was lost. Raises PeerGone, and what `join` raises."""
        async with self._database.reading() as uow:
            await access(uow, actor, room_id)
            peer = await find(uow, room_id, peer_id)
        if peer.person != actor.person:
            raise PeerGone
        return peer

    async def restore(self, peers: Sequence[Peer]) -> None:
        """Put back live peers of ours that others took for dead while we could not renew."""
        for room_id, lost in _by_room(peers):
            async with self._database.transaction() as uow:
                await uow.rooms.lock(room_id)
                there = await uow.presences.of_room(room_id)
                taken = {(peer.person, peer.device) for peer in there}
                for peer in lost:
                    if (peer.person, peer.device) not in taken:
                        await self._add(uow, peer)

    async def leave(self, room_id: str, peer_ids: Sequence[str], reason: LeftReason) -> None:
        """End peers of one room; idempotent."""
        async with self._database.transaction() as uow:
            await uow.rooms.lock(room_id)
            await self._end(uow, await uow.presences.remove(peer_ids), reason)

    async def raise_hand(self, actor: Actor, room_id: str, peer_id: str, *, raised: bool) -> Peer:
        """Ask for the floor, or no longer. Raises NotFound, Forbidden, Waiting, RoomClosed."""
        async with self._database.transaction() as uow:
            await access(uow, actor, room_id)
            return await change(uow, room_id, peer_id, lambda p: p.raise_hand(raised=raised))

    async def tell_typing(self, actor: Actor, room_id: str, peer_id: str, *, typing: bool) -> None:
        """Let the others see that somebody writes. Raises NotFound, Forbidden, Unavailable."""
        async with self._database.reading() as uow:
            await access(uow, actor, room_id, Ability.CHAT)
        told = {"room": room_id, "person": actor.person, "typing": typing}
        await self._bus.publish(Notice("typing", told, room=room_id, but_peer=peer_id))

    async def renew(self) -> bool:
        """Prove that this process lives; False when others had reason to doubt it."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            return await uow.presences.renew(self._node, now, now + LEASE)

    async def missing(self, peers: Sequence[Peer]) -> Sequence[Peer]:
        """Which of our live peers are no longer stored."""
        async with self._database.reading() as uow:
            there = await uow.presences.among(_ids(peers))
        return [peer for peer in peers if peer.id not in there]

    async def sweep(self) -> int:
        """End the peers of dead processes; answers how many."""
        async with self._database.reading() as uow:
            abandoned = await uow.presences.abandoned(self._clock.now())
        for room_id, peers in _by_room(abandoned):
            await self.leave(room_id, _ids(peers), LeftReason.LOST)
        return len(abandoned)

    async def close(self) -> None:
        """End everybody of this process and its lease; what cannot be stored lapses by itself."""
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._close()
        except (Unavailable, TimeoutError) as error:
            log.warning("presence-left-to-lapse", error=type(error).__name__)

    async def _close(self) -> None:
        async with self._database.reading() as uow:
            ours = await uow.presences.of_node(self._node)
        for room_id, peers in _by_room(ours):
            await self.leave(room_id, _ids(peers), LeftReason.LOST)
        async with self._database.transaction() as uow:
            await uow.presences.release(self._node)

    def _peer(self, person: str, name: str, room_id: str, device: str) -> Peer:
        now = self._clock.now()
        return Peer(self._fresh.id(), room_id, person, name, device, self._node, joined_at=now)

    async def _add(self, uow: UnitOfWork, peer: Peer) -> None:
        await uow.presences.add(peer)
        joined = {"peer": peer.id, "person": peer.person, "name": peer.name}
        await self._append(uow, peer, EventType.PRESENCE_JOINED, joined)
        if peer.in_call:
            await self._append(uow, peer, EventType.CALL_JOINED, _in_call(peer))

    async def _end(self, uow: UnitOfWork, peers: Sequence[Peer], reason: LeftReason) -> None:
        for peer in peers:
            if peer.in_call:
                await self._append(uow, peer, EventType.CALL_LEFT, _in_call(peer))
            left = {"peer": peer.id, "person": peer.person, "reason": reason.value}
            await self._append(uow, peer, EventType.PRESENCE_LEFT, left)

    async def _append(
        self, uow: UnitOfWork, peer: Peer, kind: EventType, data: dict[str, str]
    ) -> None:
        now = self._clock.now()
        await append(uow, peer.room, kind, peer.sender, data, now, self._fresh)


async def change(uow: UnitOfWork, room_id: str, peer_id: str, how: Callable[[Peer], Peer]) -> Peer:
    """Change a peer and tell the room. Raises PeerGone."""
    peer = await find(uow, room_id, peer_id)
    changed = how(peer)
    if changed != peer:
        await uow.presences.update(changed)
    if changed.to_ephemeral() != peer.to_ephemeral():
        uow.publish(Notice("presence", changed.to_ephemeral(), room=room_id))
    return changed


async def find(uow: UnitOfWork, room_id: str, peer_id: str) -> Peer:
    """A peer of the room. Raises PeerGone."""
    peer = await uow.presences.find(room_id, peer_id)
    if peer is None:
        raise PeerGone
    return peer


def _in_call(peer: Peer) -> dict[str, str]:
    return {"peer": peer.id, "person": peer.person}


def _ids(peers: Sequence[Peer]) -> list[str]:
    return [peer.id for peer in peers]


def _by_room(peers: Sequence[Peer]) -> list[tuple[str, list[Peer]]]:
    ordered = sorted(peers, key=lambda peer: peer.room)
    return [(room, list(group)) for room, group in groupby(ordered, lambda peer: peer.room)]
