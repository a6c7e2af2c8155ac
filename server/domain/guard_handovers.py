"""Hand-overs of a guard: until somebody takes it over, whoever had it stays on call."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from server.domain import rota as rotation
from server.domain.errors import Conflict, Forbidden
from server.domain.rota import Rota

LASTS = timedelta(days=7)
"""How long an unanswered one counts where duty never changes again."""
REMINDS = timedelta(minutes=5)


class HandOverAnswered(Conflict):
    """It was accepted, refused or withdrawn already."""

    code = "handover-answered"
    message = "This hand-over was answered already."


class HandOverState(StrEnum):
    """What became of it."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


STANDING = frozenset({HandOverState.OFFERED, HandOverState.REFUSED})
"""The outgoing person stays on call."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """From whoever is on call to whoever comes next; counts until just before `until`."""

    id: str
    rota: str
    outgoing: str
    outgoing_name: str
    incoming: str
    incoming_name: str
    offered_at: datetime
    until: datetime
    state: HandOverState = HandOverState.OFFERED
    answered_at: datetime | None = None
    reason: str | None = None

    def holder(self, named: str | None, at: datetime) -> str | None:
        """Who is on call while the rota names somebody."""
        stays = self.state in STANDING and named == self.incoming and at < self.until
        return self.outgoing if stays else named

    def accept(self, person: str, now: datetime) -> HandOver:
        """Take the guard. Raises Forbidden, HandOverAnswered."""
        return self._answer(person, self.incoming, HandOverState.ACCEPTED, now)

    def refuse(self, person: str, reason: str, now: datetime) -> HandOver:
        """Leave it where it is. Raises Forbidden, HandOverAnswered."""
        answered = self._answer(person, self.incoming, HandOverState.REFUSED, now)
        return replace(answered, reason=reason)

    def withdraw(self, person: str, now: datetime) -> HandOver:
        """Offer it no more. Raises Forbidden, HandOverAnswered."""
        return self._answer(person, self.outgoing, HandOverState.WITHDRAWN, now)

    def _answer(self, person: str, allowed: str, state: HandOverState, now: datetime) -> HandOver:
        if person != allowed:
            raise Forbidden
        if self.state is not HandOverState.OFFERED:
            raise HandOverAnswered(state=self.state.value)
        return replace(self, state=state, answered_at=now)


def lasts_until(rota: Rota, incoming: str, now: datetime) -> datetime:
    """Until when an unanswered offer keeps the outgoing person on call: the incoming's shift."""
    change = rotation.next_change(rota, now)
    if change is not None and rotation.on_call(rota, now) != incoming:
        if rotation.on_call(rota, change) != incoming:
            return change
        change = rotation.next_change(rota, change)
    return change or now + LASTS
