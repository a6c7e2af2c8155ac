"""Events of the call."""

from __future__ import annotations

from typing import Any

from signaling.payloads import (
    JoinCall,
    LeaveCall,
    Mute,
    PublishOffer,
    RestartSubscribe,
    SendKeys,
    ShowView,
    SubscribeAnswer,
    TellQuality,
)
from signaling.services import Services
from signaling.sessions import Session

Answer = dict[str, Any]


class Negotiation:
    """Entering the call, both peer connections, sealed keys, mute."""

    def __init__(self, services: Services) -> None:
        self._calls = services.calls
        self._envelopes = services.envelopes

    async def call_join(self, session: Session, command: JoinCall) -> Answer:
        """Enter the call."""
        seat = session.seat(command.room)
        await self._calls.join(seat.actor, command.room, seat.peer.id)
        return {}

    async def call_leave(self, session: Session, command: LeaveCall) -> Answer:
        """Leave the call."""
        seat = session.seat(command.room)
        await self._calls.leave(seat.actor, command.room, seat.peer.id)
        return {}

    async def publish_offer(self, session: Session, command: PublishOffer) -> Answer:
        """Answer the publish connection's offer."""
        seat = session.seat(command.room)
        sdp = await self._calls.publish(
            seat.actor, command.room, seat.peer.id, command.sdp, command.sources
        )
        return {"sdp": sdp}

    async def subscribe_answer(self, session: Session, command: SubscribeAnswer) -> Answer:
        """Take the answer to a subscribe offer."""
        seat = session.seat(command.room)
        await self._calls.answer(
            seat.actor, command.room, seat.peer.id, command.negotiation, command.sdp
        )
        return {}

    async def subscribe_restart(self, session: Session, command: RestartSubscribe) -> Answer:
        """Begin the subscribe connection anew."""
        seat = session.seat(command.room)
        await self._calls.restart_subscribe(seat.actor, command.room, seat.peer.id)
        return {}

    async def view(self, session: Session, command: ShowView) -> Answer:
        """Take what is in view."""
        seat = session.seat(command.room)
        tiles = [(tile.peer, tile.source, tile.width, tile.height) for tile in command.tiles]
        await self._calls.show(seat.actor, command.room, seat.peer.id, tiles)
        return {}

    async def keys_send(self, session: Session, command: SendKeys) -> Answer:
        """Pass sealed keys on."""
        seat = session.seat(command.room)
        missing = await self._envelopes.pass_on(
            seat.actor, command.room, seat.peer.id, command.envelopes
        )
        return {"missing": missing}

    async def mute(self, session: Session, command: Mute) -> Answer:
        """Mute one's own source."""
        seat = session.seat(command.room)
        await self._calls.mute(
            seat.actor, command.room, seat.peer.id, command.source, muted=command.muted
        )
        return {}

    async def quality_tell(self, session: Session, command: TellQuality) -> Answer:
        """Take what a device says of its own link."""
        seat = session.seat(command.room)
        told = command.to_told()
        await self._calls.tell_quality(seat.actor, command.room, seat.peer.id, told)
        return {}
