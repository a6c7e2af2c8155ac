"""Rooms as their people see them; a fixed number of queries for any number of rooms."""

from __future__ import annotations

from collections.abc import Sequence

from server.domain.chat import SNAPSHOT_MESSAGES
from server.domain.memberships import Access
from server.domain.snapshots import Overview, Snapshot
from server.services.ports.unit_of_work import UnitOfWork


async def overviews(uow: UnitOfWork, person: str, accesses: Sequence[Access]) -> list[Overview]:
    """Counts beside each room, in the order given."""
    if not accesses:
        return []
    ids = [access.room.id for access in accesses]
    members = await uow.memberships.counts(ids)
    present = await uow.presences.people(ids)
    unread = await uow.memberships.unread(person, ids)
    return [
        Overview(access, members.get(room, 0), present.get(room, 0), unread.get(room, 0))
        for room, access in zip(ids, accesses, strict=True)
    ]


async def overview(uow: UnitOfWork, access: Access) -> Overview:
    """One room with its counts."""
    return (await overviews(uow, access.membership.person, [access]))[0]


async def snapshot(uow: UnitOfWork, access: Access) -> Snapshot:
    """The room in full. In a transaction that appended before, it holds those events too."""
    room = await uow.rooms.find(access.room.id)
    assert room is not None, "rooms are never deleted"
    access = Access(room, access.membership, access.grants)
    return Snapshot(
        overview=await overview(uow, access),
        members=await uow.memberships.of_room(room.id),
        peers=await uow.presences.of_room(room.id),
        documents=await uow.documents.list(room.id),
        messages=await uow.messages.last(room.id, SNAPSHOT_MESSAGES),
        receipts=await uow.memberships.receipts(room.id),
        recording=await uow.recordings.active(room.id),
    )
