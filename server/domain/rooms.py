"""Rooms: what they are, and how they may change until they are closed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self, TypedDict

from server.domain.errors import Conflict, Invalid
from server.domain.instants import rfc3339
from server.domain.texts import storable

TITLE_LIMIT = 200
PEOPLE_LIMIT = 64
DURATION_LIMIT_MINUTES = 1440


class RoomClosed(Conflict):
    """The room ended."""

    code = "room-closed"
    message = "This room is closed."


class RoomLocked(Conflict):
    """No new entrance."""

    code = "room-locked"
    message = "This room is locked."


class RoomEncrypted(Conflict):
    """The server would have to hear or see what only the members may."""

    code = "room-encrypted"
    message = "Calls in this room are encrypted end to end."


class RoomKind(StrEnum):
    """What a room is for."""

    CONSULT = "consult"
    """Opened by a person for whatever it takes."""
    GUARD = "guard"
    THREAD = "thread"
    """Chat with whoever holds a role."""
    CONSULTATION = "consultation"
    TELEVISIT = "televisit"
    BOARD = "board"
    PATHWAY = "pathway"
    STUDY = "study"


UNENCRYPTED_KINDS = frozenset({RoomKind.GUARD, RoomKind.BOARD})
"""Where devices that cannot take part, or the record, matter more than a server that is blind."""


class RoomState(StrEnum):
    """A scheduled room is one with an appointment; it may be entered like an open one."""

    OPEN = "open"
    SCHEDULED = "scheduled"
    CLOSED = "closed"


class RoomChange(TypedDict, total=False):
    """The fields to change; what is absent stays."""

    title: str
    scheduled_at: datetime | None
    duration_minutes: int | None
    lobby: bool
    locked: bool
    recordable: bool


@dataclass(frozen=True, slots=True)
class Room:
    """A place with a timeline, members and perhaps a call."""

    id: str
    title: str
    created_at: datetime
    created_by: str
    active_at: datetime
    scheduled_at: datetime | None = None
    duration_minutes: int | None = None
    lobby: bool = True
    locked: bool = False
    closed_at: datetime | None = None
    last_seq: int = 0
    kind: RoomKind = RoomKind.CONSULT
    recordable: bool = False
    encrypted: bool = False
    """Whether media is encrypted end to end; told at creation and never changed."""

    @classmethod
    def create(
        cls,
        room_id: str,
        person: str,
        now: datetime,
        *,
        title: str,
        scheduled_at: datetime | None = None,
        duration_minutes: int | None = None,
        lobby: bool = True,
        kind: RoomKind = RoomKind.CONSULT,
        encrypted: bool = False,
    ) -> Self:
        """Open a room. Raises Invalid on an empty or long title or an odd duration."""
        if encrypted and kind in UNENCRYPTED_KINDS:
            raise Invalid("Calls of such rooms are not encrypted end to end.", path="encrypted")
        return cls(
            id=room_id,
            title=_title(title),
            created_at=now,
            created_by=person,
            active_at=now,
            scheduled_at=scheduled_at,
            duration_minutes=_duration(duration_minutes),
            lobby=lobby,
            kind=kind,
            encrypted=encrypted,
        )

    @property
    def state(self) -> RoomState:
        """Where the room stands."""
        if self.closed_at is not None:
            return RoomState.CLOSED
        return RoomState.OPEN if self.scheduled_at is None else RoomState.SCHEDULED

    def require_open(self) -> None:
        """Raise RoomClosed when it ended."""
        if self.closed_at is not None:
            raise RoomClosed

    def require_unlocked(self) -> None:
        """Raise RoomClosed or RoomLocked unless somebody new may come in."""
        self.require_open()
        if self.locked:
            raise RoomLocked

    def require_unencrypted(self) -> None:
        """Raise RoomEncrypted where the server cannot take part in the media."""
        if self.encrypted:
            raise RoomEncrypted

    def change(self, change: RoomChange) -> Room:
        """Apply what is given. Raises RoomClosed, RoomEncrypted, Invalid."""
        self.require_open()
        if change.get("recordable"):
            self.require_unencrypted()
        changed = replace(self, **change)
        return replace(
            changed,
            title=_title(changed.title),
            duration_minutes=_duration(changed.duration_minutes),
        )

    def close(self, now: datetime) -> Room:
        """End it for everybody. Raises RoomClosed when it already is."""
        self.require_open()
        return replace(self, closed_at=now)

    def describe(self) -> dict[str, Any]:
        """What `room.created` and `room.changed` tell: all that may change."""
        return {
            "state": self.state.value,
            "title": self.title,
            "scheduled_at": rfc3339(self.scheduled_at) if self.scheduled_at else None,
            "duration_minutes": self.duration_minutes,
            "lobby": self.lobby,
            "locked": self.locked,
            "recordable": self.recordable,
            "encrypted": self.encrypted,
        }


def _title(title: str) -> str:
    title = " ".join(title.split())
    if not 0 < len(title) <= TITLE_LIMIT:
        raise Invalid("The title must have 1 to 200 characters.", path="title")
    return storable(title, "title")


def _duration(minutes: int | None) -> int | None:
    if minutes is not None and not 0 < minutes <= DURATION_LIMIT_MINUTES:
        raise Invalid("The duration must be 1 to 1440 minutes.", path="duration_minutes")
    return minutes
