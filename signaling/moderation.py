"""Events of those who run a room."""

from __future__ import annotations

from typing import Any

from signaling.payloads import (
    AdmitPerson,
    ModerateLock,
    ModerateMute,
    ModerateRemove,
    RefusePerson,
)
from signaling.services import Services
from signaling.sessions import Session

Answer = dict[str, Any]


class Moderation:
    """Mute, remove, lock and the lobby."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def moderate_mute(self, session: Session, command: ModerateMute) -> Answer:
        """Mute somebody."""
        actor = session.seat(command.room).actor
        await self._services.calls.moderate_mute(actor, command.room, command.peer, command.source)
        return {}

    async def moderate_remove(self, session: Session, command: ModerateRemove) -> Answer:
        """Remove somebody."""
        actor = session.seat(command.room).actor
        await self._services.members.remove(actor, command.room, command.person)
        return {}

    async def moderate_lock(self, session: Session, command: ModerateLock) -> Answer:
        """Lock or unlock the entrance."""
        actor = session.seat(command.room).actor
        await self._services.rooms.change(actor, command.room, {"locked": command.locked})
        return {}

    async def lobby_admit(self, session: Session, command: AdmitPerson) -> Answer:
        """Let somebody in."""
        actor = session.seat(command.room).actor
        await self._services.lobby.admit(actor, command.room, command.person)
        return {}

    async def lobby_refuse(self, session: Session, command: RefusePerson) -> Answer:
        """Turn somebody away."""
        actor = session.seat(command.room).actor
        await self._services.lobby.refuse(actor, command.room, command.person)
        return {}
