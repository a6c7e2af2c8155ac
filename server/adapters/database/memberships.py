"""Memberships, with each person's receipt beside them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    and_,
    case,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.events import events
from server.adapters.database.metadata import Id, Instant, Json, metadata
from server.domain.access import Grants, RoomRole
from server.domain.memberships import NAME_LIMIT, Membership, MembershipState
from server.domain.timeline import EventType, Receipt

memberships = Table(
    "memberships",
    metadata,
    Column("room", Id, ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
    Column("person", Id, primary_key=True),
    Column("name", String(NAME_LIMIT), nullable=False),
    Column("role", String(20), nullable=False),
    Column("grants", Json, nullable=False),
    Column("state", String(20), nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("delivered", Integer, nullable=False),
    Column("read", Integer, nullable=False),
    Index(None, "person", "state"),
)
_KEY = ("room", "person")
_RECEIPT = ("delivered", "read")


class MembershipRows:
    """Memberships on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, room_id: str, person: str) -> Membership | None:
        """One membership, in whatever state."""
        query = select(memberships).where(_is(room_id, person))
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else membership_of(row)

    async def save(self, membership: Membership) -> None:
        """Insert, or change all but the receipt."""
        values = _values(membership)
        changed = {name: value for name, value in values.items() if name not in _KEY + _RECEIPT}
        existing = update(memberships).where(_is(membership.room, membership.person))
        result = await self._connection.execute(existing.values(changed))
        if not result.rowcount:
            await self._connection.execute(insert(memberships).values(values))

    async def of_room(self, room_id: str) -> Sequence[Membership]:
        """Everybody but the removed, oldest first."""
        query = (
            select(memberships)
            .where(
                memberships.c.room == room_id, memberships.c.state != MembershipState.REMOVED.value
            )
            .order_by(memberships.c.added_at, memberships.c.person)
        )
        return [membership_of(row) for row in (await self._connection.execute(query)).all()]

    async def with_accounts(self, room_id: str) -> Sequence[str]:
        """Ids of the active people who are not guests."""
        return (await self.all_with_accounts([room_id])).get(room_id, ())

    async def all_with_accounts(self, rooms: Collection[str]) -> Mapping[str, Sequence[str]]:
        """The same for several rooms, in one query; those without any are absent."""
        query = select(memberships.c.room, memberships.c.person).where(
            memberships.c.room.in_(rooms),
            memberships.c.state == MembershipState.ACTIVE.value,
            memberships.c.person.not_like("guest:%"),
        )
        found: dict[str, list[str]] = {}
        for room, person in await self._connection.execute(query):
            found.setdefault(room, []).append(person)
        return found

    async def counts(self, room_ids: Sequence[str]) -> Mapping[str, int]:
        """Active people per room; rooms without any are absent."""
        query = (
            select(memberships.c.room, func.count())
            .where(
                memberships.c.room.in_(room_ids),
                memberships.c.state == MembershipState.ACTIVE.value,
            )
            .group_by(memberships.c.room)
        )
        return dict((await self._connection.execute(query)).all())

    async def unread(self, person: str, room_ids: Sequence[str]) -> Mapping[str, int]:
        """Messages of others after what the person read, per room; none is absent."""
        query = (
            select(events.c.room, func.count())
            .join(
                memberships,
                and_(memberships.c.room == events.c.room, memberships.c.person == person),
            )
            .where(
                events.c.room.in_(room_ids),
                events.c.type == EventType.MESSAGE_POSTED.value,
                events.c.seq > memberships.c.read,
                events.c.sender != person,
            )
            .group_by(events.c.room)
        )
        return dict((await self._connection.execute(query)).all())

    async def receipts(self, room_id: str) -> Sequence[Receipt]:
        """How far each person got, the removed included."""
        query = (
            select(memberships.c.person, memberships.c.delivered, memberships.c.read)
            .where(memberships.c.room == room_id)
            .order_by(memberships.c.person)
        )
        return [Receipt(*row) for row in (await self._connection.execute(query))]

    async def advance(self, room_id: str, receipt: Receipt) -> Receipt | None:
        """Raise the stored receipt to at least this; None when it already was there."""
        delivered, read = memberships.c.delivered, memberships.c.read
        statement = (
            update(memberships)
            .where(
                _is(room_id, receipt.person),
                or_(delivered < receipt.delivered, read < receipt.read),
            )
            .values(
                delivered=case((delivered < receipt.delivered, receipt.delivered), else_=delivered),
                read=case((read < receipt.read, receipt.read), else_=read),
            )
            .returning(memberships.c.person, delivered, read)
        )
        row = (await self._connection.execute(statement)).one_or_none()
        return None if row is None else Receipt(*row)


def membership_of(row: Row[Any], prefix: str = "") -> Membership:
    """A membership from a row whose columns may carry a prefix."""
    values = row._mapping
    return Membership(
        room=values[prefix + "room"],
        person=values[prefix + "person"],
        name=values[prefix + "name"],
        role=RoomRole(values[prefix + "role"]),
        grants=Grants.from_wire(values[prefix + "grants"]),
        state=MembershipState(values[prefix + "state"]),
        added_at=values[prefix + "added_at"],
        delivered=values[prefix + "delivered"],
        read=values[prefix + "read"],
    )


def _is(room_id: str, person: str) -> Any:
    return and_(memberships.c.room == room_id, memberships.c.person == person)


def _values(membership: Membership) -> dict[str, Any]:
    return {
        "room": membership.room,
        "person": membership.person,
        "name": membership.name,
        "role": membership.role.value,
        "grants": membership.grants.to_wire(),
        "state": membership.state.value,
        "added_at": membership.added_at,
        "delivered": membership.delivered,
        "read": membership.read,
    }
