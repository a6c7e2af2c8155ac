"""Peers: one device of one person, live in one room."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from server.domain.access import Source
from server.domain.errors import Conflict, LimitExceeded, NotFound
from server.domain.timeline import Sender

PEERS_LIMIT = 64  # docs/protocol.md §3
LEASE = timedelta(seconds=8)
LEASE_RENEWAL_SECONDS = 2.0


class NotInCall(Conflict):
    """The call was not joined, or is over for this peer."""

    message = "Join the call first."


class PeerGone(NotFound):
    """No such peer is in the room (any more)."""

    message = "This device is not in the room."


class LeftReason(StrEnum):
    """Why a peer is gone (docs/protocol.md §4)."""

    LEFT = "left"
    LOST = "lost"
    REPLACED = "replaced"
    REMOVED = "removed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Peer:
    """A device in a room; `node` is the process that holds its socket."""

    id: str
    room: str
    person: str
    name: str
    device: str
    node: str
    joined_at: datetime
    in_call: bool = False
    muted: frozenset[Source] = frozenset()
    publishing: frozenset[Source] = frozenset()
    hand: bool = False

    @property
    def sender(self) -> Sender:
        """As the timeline names this person."""
        return Sender(self.person, self.name)

    def enter_call(self) -> Peer:
        """In the call, nothing published yet."""
        return replace(self, in_call=True)

    def leave_call(self) -> Peer:
        """Out of the call: nothing is published any more."""
        return replace(self, in_call=False, muted=frozenset(), publishing=frozenset())

    def publish(self, sources: frozenset[Source]) -> Peer:
        """Publish exactly these. Raises NotInCall."""
        self.require_call()
        return replace(self, publishing=sources)

    def mute(self, source: Source, *, muted: bool) -> Peer:
        """Silence a source, or give it back. Raises NotInCall."""
        self.require_call()
        return replace(self, muted=self.muted | {source} if muted else self.muted - {source})

    def raise_hand(self, *, raised: bool) -> Peer:
        """Ask for the floor, or no longer."""
        return replace(self, hand=raised)

    def require_call(self) -> None:
        """Raise NotInCall unless the peer is in the call."""
        if not self.in_call:
            raise NotInCall

    def to_wire(self) -> dict[str, Any]:
        """*Peer* of docs/protocol.md §4."""
        return {
            "peer": self.id,
            "person": self.person,
            "name": self.name,
            "in_call": self.in_call,
            "muted": sorted(self.muted),
            "publishing": sorted(self.publishing),
            "hand": self.hand,
        }

    def to_ephemeral(self) -> dict[str, Any]:
        """The `presence` message of docs/protocol.md §5."""
        return {
            "room": self.room,
            "peer": self.id,
            "muted": sorted(self.muted),
            "publishing": sorted(self.publishing),
            "hand": self.hand,
        }


def require_peer_space(peers: int) -> None:
    """Raise LimitExceeded when one more would be too many."""
    if peers >= PEERS_LIMIT:
        raise LimitExceeded(limit="peers")
