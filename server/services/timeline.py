"""Appending to, reading and resynchronising the timeline of a room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.domain.timeline import Event, EventType, Sender
from server.services.ports.bus import Notice
from server.services.ports.clock import Fresh
from server.services.ports.unit_of_work import UnitOfWork

_SEEN_FROM_HOME = frozenset(EventType) - {
    EventType.MESSAGE_EDITED,
    EventType.CALL_JOINED,
    EventType.CALL_LEFT,
    EventType.DOCUMENT_REMOVED,
}


@dataclass(frozen=True, slots=True)
class Appended:
    """An event, and whether it is new or what the same `client_id` brought before."""

    event: Event
    is_new: bool


async def append(
    uow: UnitOfWork,
    room_id: str,
    kind: EventType,
    sender: Sender | None,
    data: Mapping[str, Any],
    now: datetime,
    fresh: Fresh,
    client_id: str | None = None,
) -> Event:
    """Number, store and announce an event; a repeated `client_id` answers the first event."""
    return (await append_once(uow, room_id, kind, sender, data, now, fresh, client_id)).event


async def append_once(
    uow: UnitOfWork,
    room_id: str,
    kind: EventType,
    sender: Sender | None,
    data: Mapping[str, Any],
    now: datetime,
    fresh: Fresh,
    client_id: str | None = None,
) -> Appended:
    """The same, telling whether the event is new. Raises NotFound without such a room."""
    if sender is not None and client_id is not None:
        await uow.rooms.lock(room_id)  # the look-up below then sees every earlier append
        first = await uow.events.by_client_id(room_id, sender.id, client_id)
        if first is not None:
            return Appended(first, is_new=False)
    seq = await uow.rooms.next_seq(room_id, now)
    event = Event(room_id, seq, fresh.id(), kind, now, sender, data, client_id)
    await uow.events.add(event)
    await uow.publish_surely(Notice("event", event.to_wire(), room=room_id))
    if kind in _SEEN_FROM_HOME:
        for person in await uow.memberships.with_accounts(room_id):
            uow.publish(Notice("room.updated", {"room": room_id}, person=person))
    return Appended(event, is_new=True)
