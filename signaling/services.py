"""The use cases that the live edge calls."""

from __future__ import annotations

from dataclasses import dataclass

from server.services.calls import Calls
from server.services.chat import Chat
from server.services.envelopes import Envelopes
from server.services.guard_consoles import GuardConsoles
from server.services.guard_drills import GuardDrills
from server.services.lobby import Lobby
from server.services.members import Members
from server.services.ports.bus import Bus
from server.services.ports.clock import Clock, Fresh
from server.services.presence import Presence
from server.services.receipts import Receipts
from server.services.recordings import Recordings
from server.services.revocation import Revocation
from server.services.rooms import Rooms
from server.services.timeline import Timeline
from server.services.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Services:
    """One attribute per noun."""

    clock: Clock
    fresh: Fresh
    bus: Bus
    tokens: Tokens
    rooms: Rooms
    members: Members
    lobby: Lobby
    timeline: Timeline
    chat: Chat
    receipts: Receipts
    presence: Presence
    calls: Calls
    envelopes: Envelopes
    recordings: Recordings
    revocation: Revocation
    consoles: GuardConsoles
    drills: GuardDrills
