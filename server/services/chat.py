"""Sending, editing and deleting messages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from server.domain.access import Ability, Actor
from server.domain.chat import Message, client_id_of, text_of
from server.domain.errors import NotFound
from server.domain.rooms import Room
from server.domain.timeline import Event, EventType, Sender
from server.services.access import access
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.timeline import SEQ_LIMIT, Appended, append

Follower = Callable[[UnitOfWork, Room, Message, datetime], Awaitable[None]]
"""Follows a new message in the transaction that stores it."""


class Chat:
    """Use cases of chat."""

    def __init__(
        self, database: Database, clock: Clock, fresh: Fresh, followers: Sequence[Follower] = ()
    ) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._followers = followers

    async def send(
        self, actor: Actor, room_id: str, client_id: str, text: str, *, urgent: bool = False
    ) -> Appended:
        """Post a message; durable once this returns, and once however often it is sent.

        Raises NotFound, Waiting, RoomClosed, Forbidden, Invalid, LimitExceeded.
        """
        text, client_id = text_of(text), client_id_of(client_id)
        now = self._clock.now()
        async with self._database.transaction() as uow:
            by = await access(uow, actor, room_id, Ability.CHAT, even_closed=True, locked=True)
            first = await uow.events.by_client_id(room_id, actor.person, client_id)
            if first is not None:
                return Appended(first, is_new=False)
            by.room.require_open()
            sender = by.membership.sender
            event, message = await post(
                uow, room_id, sender, client_id, text, now, self._fresh, urgent=urgent
            )
            for follow in self._followers:
                await follow(uow, by.room, message, now)
            return Appended(event, is_new=True)

    async def edit(self, actor: Actor, room_id: str, message: int, text: str) -> Event:
        """Change one's own words. Raises NotFound, Forbidden, MessageDeleted and as `send`."""
        text = text_of(text)
        now = self._clock.now()
        async with self._database.transaction() as uow:
            by = await access(uow, actor, room_id, Ability.CHAT, locked=True)
            former = await _message(uow, room_id, message)
            await uow.messages.update(former.edit(actor.person, text))
            data = {"message": message, "text": text}
            kind, sender = EventType.MESSAGE_EDITED, by.membership.sender
            return await append(uow, room_id, kind, sender, data, now, self._fresh)

    async def delete(self, actor: Actor, room_id: str, message: int) -> Event:
        """Erase a message and its earlier wordings: one's own, or as moderator."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            by = await access(uow, actor, room_id, Ability.CHAT, locked=True)
            former = await _message(uow, room_id, message)
            may_moderate = Ability.MODERATE in by.grants.abilities
            await uow.messages.update(former.delete(actor.person, may_moderate=may_moderate))
            await uow.events.erase_text(room_id, message)
            trail = {"message": message, "sender": former.sender.id}
            await uow.audit.record(now, actor.person, "message.deleted", room_id, trail)
            data = {"message": message}
            kind, sender = EventType.MESSAGE_DELETED, by.membership.sender
            return await append(uow, room_id, kind, sender, data, now, self._fresh)


async def post(
    uow: UnitOfWork,
    room_id: str,
    sender: Sender,
    client_id: str,
    text: str,
    now: datetime,
    fresh: Fresh,
    *,
    urgent: bool,
) -> tuple[Event, Message]:
    """Append and store a message whose sender may post and whose words were looked at."""
    data = {"text": text, "urgent": urgent}
    kind = EventType.MESSAGE_POSTED
    event = await append(uow, room_id, kind, sender, data, now, fresh, client_id)
    message = Message(room_id, event.seq, event.id, client_id, now, sender, text, urgent)
    await uow.messages.add(message)
    return event, message


async def _message(uow: UnitOfWork, room_id: str, seq: int) -> Message:
    message = await uow.messages.find(room_id, seq) if 0 < seq <= SEQ_LIMIT else None
    if message is None:
        raise NotFound("There is no such message.")
    return message
