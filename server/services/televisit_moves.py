"""What every move of a televisit brings with it: timeline, audit, deadlines, news."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from server.domain.accounts import User
from server.domain.deadlines import Deadline
from server.domain.memberships import Membership
from server.domain.rooms import Room, RoomKind
from server.domain.televisits import State, Televisit
from server.domain.timeline import EventType, Sender
from server.services.case_rooms import close_room
from server.services.changes import tell_changed
from server.services.ports.clock import Fresh
from server.services.ports.unit_of_work import UnitOfWork
from server.services.timeline import append

LAPSE = "televisits.lapse"
"""A day after its time nobody has come: it was not attended."""
LAPSE_AFTER = timedelta(hours=24)
CLOSE = "televisits.close"
"""Some time after the visit: its room ends for the guests too."""
CLOSE_AFTER = timedelta(minutes=30)
_NOT_HELD = frozenset({State.CANCELLED, State.NOT_ATTENDED})


async def settle(
    uow: UnitOfWork,
    moved: Televisit,
    event: EventType,
    by: User | None,
    now: datetime,
    fresh: Fresh,
    **facts: Any,
) -> None:
    """Store a move with all that follows from it; `facts` go to the audit trail."""
    sender = Sender(by.id, by.name) if by else None
    await uow.televisits.update(moved)
    if moved.state is State.REPORT_PENDING and moved.concluded_at is not None:
        await uow.deadlines.set(Deadline(CLOSE, moved.id, moved.concluded_at + CLOSE_AFTER))
    if moved.state is not State.SCHEDULED:
        await uow.deadlines.cancel(moved.id, LAPSE)
    await announce(uow, moved, event, sender, now, fresh, **facts)
    if moved.state in _NOT_HELD:
        await close_room(uow, moved.room, sender, now, fresh)


async def announce(
    uow: UnitOfWork,
    televisit: Televisit,
    event: EventType,
    sender: Sender | None,
    now: datetime,
    fresh: Fresh,
    **facts: Any,
) -> None:
    """Append to the timeline, whose readers include the patient, and to the audit trail."""
    data = {"televisit": televisit.id, "state": televisit.state.value}
    await append(uow, televisit.room, event, sender, data, now, fresh)
    actor = sender.id if sender else "system"
    await uow.audit.record(now, actor, event.value, televisit.id, facts)
    people = {televisit.clinician, *await uow.memberships.with_accounts(televisit.room)}
    tell_changed(uow, "televisits", televisit.id, people)
    tell_changed(uow, "tasks", televisit.id, people)


async def arrived(
    uow: UnitOfWork, room: Room, guest: Membership, now: datetime, fresh: Fresh
) -> None:
    """A guest came by a link: if it is a televisit's, somebody waits for the clinician."""
    if room.kind is not RoomKind.TELEVISIT:
        return
    found = await uow.televisits.of_room(room.id, locked=True)
    if found is None:
        return
    moved = found.arrive(now)
    await uow.televisits.update(moved)
    await uow.deadlines.cancel(moved.id, LAPSE)
    sender, event = guest.sender, EventType.TELEVISIT_WAITING
    await announce(uow, moved, event, sender, now, fresh, guest=guest.person)
