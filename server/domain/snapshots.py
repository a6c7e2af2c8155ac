"""A room as one person sees it: in a list, and in full at one point of its timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from server.domain.chat import Message
from server.domain.instants import rfc3339
from server.domain.memberships import Access, Membership
from server.domain.recordings import Recording
from server.domain.timeline import Receipt, receipts_to_wire


class OnTheWire(Protocol):
    """Something with a wire shape."""

    def to_wire(self) -> Mapping[str, Any]:
        """JSON values only."""
        ...


@dataclass(frozen=True, slots=True)
class Overview:
    """*Room* of docs/protocol.md §3."""

    access: Access
    members_count: int
    people_present: int
    unread: int

    def to_wire(self) -> dict[str, Any]:
        """The JSON shape."""
        room, membership = self.access.room, self.access.membership
        return {
            "id": room.id,
            "kind": room.kind.value,
            **room.describe(),
            "created_at": rfc3339(room.created_at),
            "created_by": room.created_by,
            "seq": room.last_seq,
            "my_role": membership.role.value,
            "my_grants": self.access.grants.to_wire(),
            "members_count": self.members_count,
            "people_present": self.people_present,
            "unread": self.unread,
        }


@dataclass(frozen=True, slots=True)
class Snapshot:
    """*Snapshot* of docs/protocol.md §4."""

    overview: Overview
    members: Sequence[Membership]
    peers: Sequence[OnTheWire]
    documents: Sequence[OnTheWire]
    messages: Sequence[Message]
    receipts: Sequence[Receipt]
    recording: Recording | None = None

    @property
    def seq(self) -> int:
        """The last event this snapshot contains."""
        return self.overview.access.room.last_seq

    def to_wire(self) -> dict[str, Any]:
        """The JSON shape."""
        access = self.overview.access
        return {
            "room": self.overview.to_wire(),
            "me": {
                "person": access.membership.person,
                "role": access.membership.role.value,
                "grants": access.grants.to_wire(),
            },
            "members": [member.to_wire() for member in self.members],
            "peers": [dict(peer.to_wire()) for peer in self.peers],
            "documents": [dict(document.to_wire()) for document in self.documents],
            "messages": [message.to_wire() for message in self.messages],
            "receipts": receipts_to_wire(self.receipts),
            "recording": None if self.recording is None else self.recording.to_live(),
            "seq": self.seq,
        }
