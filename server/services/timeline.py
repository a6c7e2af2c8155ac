"""Appending to, reading and resynchronising the timeline of a room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.domain.access import Actor
from server.domain.errors import Invalid
from server.domain.snapshots import Snapshot
from server.domain.timeline import EVENTS_LIMIT, Event, EventsPage, EventType, Sender
from server.services.access import access
from server.services.overviews import snapshot
from server.services.ports.bus import Notice
from server.services.ports.clock import Fresh
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.webhooks import announce

SEQ_LIMIT = 2**31 - 1
_UNSEEN_FROM_HOME = frozenset(
    {
        EventType.MESSAGE_EDITED,
        EventType.CALL_JOINED,
        EventType.CALL_LEFT,
        EventType.DOCUMENT_REMOVED,
        EventType.BOARD_SHEET_CHANGED,
    }
)


@dataclass(frozen=True, slots=True)
class Appended:
    """An event, and whether it is new or what the same `client_id` brought before."""

    event: Event
    is_new: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be appended to a room."""

    room: str
    kind: EventType
    sender: Sender | None
    data: Mapping[str, Any]
    client_id: str | None = None

    def number(self, seq: int, name: str, at: datetime) -> Event:
        """The event under its number."""
        return Event(self.room, seq, name, self.kind, at, self.sender, self.data, self.client_id)


class Timeline:
    """Reading use cases."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def events(
        self, actor: Actor, room_id: str, after: int, limit: int = EVENTS_LIMIT
    ) -> EventsPage:
        """What happened after a seq, in order. Raises NotFound, Waiting, Invalid."""
        if not 0 <= after <= SEQ_LIMIT or not 1 <= limit <= EVENTS_LIMIT:
            raise Invalid("after is 0 or a seq; limit is 1 to 500.", path="after")
        async with self._database.reading() as uow:
            proven = await access(uow, actor, room_id, even_closed=True)
            events = await uow.events.after(room_id, after, limit)
            receipts = await uow.memberships.receipts(room_id)
        seq = max(proven.room.last_seq, events[-1].seq if events else 0)
        return EventsPage(tuple(events), seq, tuple(receipts))

    async def snapshot(self, actor: Actor, room_id: str) -> Snapshot:
        """The room in full at one point of its timeline."""
        async with self._database.reading() as uow:
            return await snapshot(uow, await access(uow, actor, room_id, even_closed=True))


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
    entry = Entry(room_id, kind, sender, data, client_id)
    [event] = await append_all(uow, [entry], now, fresh)
    return Appended(event, is_new=True)


async def append_all(
    uow: UnitOfWork, entries: Sequence[Entry], now: datetime, fresh: Fresh
) -> Sequence[Event]:
    """Number, store and announce events of one room or many; as many statements as for one.

    Raises NotFound without one of the rooms.
    """
    counts = Counter(entry.room for entry in entries)
    last = await uow.rooms.next_seqs(counts, now)
    seqs = {room: last[room] - count for room, count in counts.items()}
    events = []
    for entry in entries:
        seqs[entry.room] += 1
        events.append(entry.number(seqs[entry.room], fresh.id(), now))
    await uow.events.add(*events)
    await announce(uow, events, fresh)
    seen = {event.room for event in events if event.type not in _UNSEEN_FROM_HOME}
    people = await uow.memberships.all_with_accounts(seen) if seen else {}
    for event in events:
        await uow.publish_surely(Notice("event", event.to_wire(), room=event.room))
        if event.type not in _UNSEEN_FROM_HOME:
            for person in people.get(event.room, ()):
                uow.publish(Notice("room.updated", {"room": event.room}, person=person))
    return events
