"""Events of a trial of the connection; no room is joined for it."""

from __future__ import annotations

from typing import Any

from server.domain.relays import Relay
from server.services.trials import TRIAL_SECONDS
from signaling.payloads import AnswerTrial, BeginTrial, EndTrial, OfferTrial
from signaling.services import Services
from signaling.sessions import Session

Answer = dict[str, Any]


class Testing:
    """Whoever may connect here may join a call some day, and may try whether it would work."""

    def __init__(self, services: Services, relay: Relay) -> None:
        self._trials = services.calls.trials
        self._clock = services.clock
        self._relay = relay

    async def trial_begin(self, session: Session, command: BeginTrial) -> Answer:
        """A trial of this socket, instead of a former one."""
        trial = await self._trials.begin(session.sid)
        servers = self._relay.ice_servers(trial.id, self._clock.now())
        return {"trial": trial.id, "ice_servers": servers, "seconds": TRIAL_SECONDS}

    async def trial_offer(self, session: Session, command: OfferTrial) -> Answer:
        """Answer what is sent, and offer it back."""
        answer, negotiation, offer = await self._trials.offer(
            session.sid, command.trial, command.sdp, command.sources
        )
        return {"sdp": answer, "negotiation": negotiation, "offer": offer}

    async def trial_answer(self, session: Session, command: AnswerTrial) -> Answer:
        """Take the answer to what comes back."""
        await self._trials.answer(session.sid, command.trial, command.negotiation, command.sdp)
        return {}

    async def trial_end(self, session: Session, command: EndTrial) -> Answer:
        """Over before its time."""
        await self._trials.end(session.sid)
        return {}
