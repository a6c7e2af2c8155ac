"""Events of chat."""

from __future__ import annotations

from typing import Any

from signaling.payloads import AdvanceReceipt, DeleteMessage, EditMessage, SendMessage, Typing
from signaling.services import Services
from signaling.sessions import Session

Answer = dict[str, Any]


class ChatEvents:
    """Messages, receipts and typing."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def message_send(self, session: Session, command: SendMessage) -> Answer:
        """Post a message; durable when acknowledged."""
        seat = session.seat(command.room)
        sent = await self._services.chat.send(
            seat.actor, command.room, command.client_id, command.text, urgent=command.urgent
        )
        return {"event": sent.event.to_wire()}

    async def message_edit(self, session: Session, command: EditMessage) -> Answer:
        """Change one's own words."""
        actor = session.seat(command.room).actor
        edited = await self._services.chat.edit(actor, command.room, command.message, command.text)
        return {"event": edited.to_wire()}

    async def message_delete(self, session: Session, command: DeleteMessage) -> Answer:
        """Erase a message."""
        actor = session.seat(command.room).actor
        deleted = await self._services.chat.delete(actor, command.room, command.message)
        return {"event": deleted.to_wire()}

    async def receipt(self, session: Session, command: AdvanceReceipt) -> Answer:
        """Record what arrived and what was read."""
        actor = session.seat(command.room).actor
        await self._services.receipts.advance(actor, command.room, command.delivered, command.read)
        return {}

    async def typing(self, session: Session, command: Typing) -> Answer:
        """Let the others see that somebody writes."""
        seat = session.seat(command.room)
        await self._services.presence.tell_typing(
            seat.actor, command.room, seat.peer.id, typing=command.typing
        )
        return {}
