"""Messages of a room: posted, edited by their author, deleted by author or moderator."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from server.domain.errors import Conflict, Forbidden, Invalid, LimitExceeded
from server.domain.instants import rfc3339
from server.domain.texts import storable
from server.domain.timeline import Sender

TEXT_LIMIT = 8_000
CLIENT_ID_LIMIT = 64
SNAPSHOT_MESSAGES = 200


class MessageDeleted(Conflict):
    """The message is no more."""

    message = "This message was deleted."


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it stands now; `seq` is the number of the event that posted it."""

    room: str
    seq: int
    id: str
    client_id: str
    at: datetime
    sender: Sender
    text: str
    urgent: bool
    edited: bool = False
    deleted: bool = False

    def edit(self, person: str, text: str) -> Message:
        """Other words by the same person. Raises Forbidden, MessageDeleted."""
        if person != self.sender.id:
            raise Forbidden
        self._require_there()
        return replace(self, text=text, edited=True)

    def delete(self, person: str, *, may_moderate: bool) -> Message:
        """Erase it, as its author or a moderator. Raises Forbidden, MessageDeleted."""
        if person != self.sender.id and not may_moderate:
            raise Forbidden
        self._require_there()
        return replace(self, text="", deleted=True)

    def to_wire(self) -> dict[str, Any]:
        """A message of *Snapshot*, docs/protocol.md §4."""
        return {
            "seq": self.seq,
            "id": self.id,
            "client_id": self.client_id,
            "at": rfc3339(self.at),
            "sender": self.sender.to_wire(),
            "text": self.text,
            "urgent": self.urgent,
            "edited": self.edited,
            "deleted": self.deleted,
        }

    def _require_there(self) -> None:
        if self.deleted:
            raise MessageDeleted


def text_of(text: str) -> str:
    """A message's words. Raises Invalid when empty, LimitExceeded when too long."""
    text = storable(text.strip(), "text")
    if not text:
        raise Invalid("The message is empty.", path="text")
    if len(text) > TEXT_LIMIT:
        raise LimitExceeded(limit="message")
    return text


def client_id_of(client_id: str) -> str:
    """The id by which a sender may repeat itself. Raises Invalid."""
    if not 0 < len(client_id) <= CLIENT_ID_LIMIT:
        raise Invalid("client_id must have 1 to 64 characters.", path="client_id")
    return storable(client_id, "client_id")
