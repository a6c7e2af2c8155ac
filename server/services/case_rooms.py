"""Rooms that a service opens for its cases, and the seats it gives in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from server.domain.access import Grants, RoomRole
from server.domain.accounts import User
from server.domain.memberships import Membership, MembershipState, active
from server.domain.rooms import Room, RoomKind
from server.domain.timeline import EventType, Sender
from server.services.ports.bus import Notice
from server.services.ports.clock import Fresh
from server.services.ports.unit_of_work import UnitOfWork
from server.services.timeline import append

Seat = tuple[str, str, RoomRole]
"""A person, the name shown, and as what."""


async def open_room(
    uow: UnitOfWork,
    kind: RoomKind,
    title: str,
    by: User,
    seats: Sequence[Seat],
    now: datetime,
    fresh: Fresh,
    *,
    scheduled_at: datetime | None = None,
    duration_minutes: int | None = None,
    lobby: bool = False,
) -> Room:
    """A room for a case; whoever may moderate it must be among the seats. Raises Invalid."""
    room = Room.create(
        fresh.id(),
        by.id,
        now,
        title=title,
        scheduled_at=scheduled_at,
        duration_minutes=duration_minutes,
        lobby=lobby,
        kind=kind,
    )
    await uow.rooms.add(room)
    sender = Sender(by.id, by.name)
    await append(uow, room.id, EventType.ROOM_CREATED, sender, room.describe(), now, fresh)
    await uow.audit.record(now, by.id, "room.created", room.id, {"kind": kind.value})
    for person, name, role in seats:
        await seat(uow, room.id, person, name, role, sender, now, fresh)
    return room


async def seat(
    uow: UnitOfWork,
    room_id: str,
    person: str,
    name: str,
    role: RoomRole,
    by: Sender | None,
    now: datetime,
    fresh: Fresh,
    grants: Grants | None = None,
) -> Membership:
    """Bring somebody in, past the lobby; idempotent for those who are in already.

    `grants` instead of those that the role brings.
    """
    former = await uow.memberships.find(room_id, person)
    if former is not None and former.state is MembershipState.ACTIVE:
        return former
    new = active(room_id, person, name, role, now)
    member = new if former is None else former.restore(name, role, now)
    member = member.change(role, grants)
    await uow.memberships.save(member)
    await append(uow, room_id, EventType.MEMBER_ADDED, by, member.to_wire(), now, fresh)
    data = {"person": person, "role": role.value}
    await uow.audit.record(now, by.id if by else "system", "member.added", room_id, data)
    return member


async def unseat(
    uow: UnitOfWork,
    room_id: str,
    person: str,
    by: Sender | None,
    now: datetime,
    fresh: Fresh,
) -> None:
    """End somebody's membership, socket and media; idempotent."""
    member = await uow.memberships.find(room_id, person)
    if member is None or member.state is MembershipState.REMOVED:
        return
    await uow.memberships.save(member.remove())
    await append(uow, room_id, EventType.MEMBER_REMOVED, by, {"person": person}, now, fresh)
    actor = by.id if by else "system"
    await uow.audit.record(now, actor, "member.removed", room_id, {"person": person})
    await uow.publish_surely(Notice("revoked", {"room": room_id, "code": "removed"}, person=person))


async def close_room(
    uow: UnitOfWork, room_id: str, by: Sender | None, now: datetime, fresh: Fresh
) -> None:
    """End the room for everybody; idempotent."""
    room = await uow.rooms.lock(room_id)
    if room is None or room.closed_at is not None:
        return
    await uow.rooms.update(room.close(now))
    await append(uow, room_id, EventType.ROOM_CLOSED, by, {}, now, fresh)
    await uow.audit.record(now, by.id if by else "system", "room.closed", room_id, {})
