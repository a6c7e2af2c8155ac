"""Envelopes between devices in a call: what is in them is not the server's to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from server.domain.access import Actor
from server.domain.errors import Conflict
from server.domain.presence import PeerGone
from server.services.access import access
from server.services.ports.bus import Bus, Notice
from server.services.ports.unit_of_work import Database


class Envelopes:
    """Passes sealed keys of a room's end-to-end encryption from device to device."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus

    async def pass_on(
        self, actor: Actor, room_id: str, peer_id: str, envelopes: Mapping[str, str]
    ) -> Sequence[str]:
        """Give each peer its envelope; answers who is not in the call.

        Raises NotFound, NotInCall, Conflict where nothing is encrypted end to end.
        """
        async with self._database.reading() as uow:
            proven = await access(uow, actor, room_id)
            present = {peer.id: peer for peer in await uow.presences.of_room(room_id)}
        if not proven.room.encrypted:
            raise Conflict("Calls in this room are not encrypted end to end.")
        sender = present.get(peer_id)
        if sender is None:
            raise PeerGone
        sender.require_call()
        missing = []
        for to, envelope in envelopes.items():
            if to not in present or not present[to].in_call or to == peer_id:
                missing.append(to)
                continue
            told = {"room": room_id, "peer": peer_id, "envelope": envelope}
            await self._bus.publish(Notice("keys", told, peer=to))
        return missing
