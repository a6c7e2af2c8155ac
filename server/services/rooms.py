"""Creating, listing, changing and closing rooms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from server.domain.access import Ability, Actor, RoomRole
from server.domain.errors import LimitExceeded
from server.domain.memberships import Access, Membership, active
from server.domain.rooms import PEOPLE_LIMIT, Room, RoomChange, RoomKind, RoomState
from server.domain.snapshots import Overview
from server.domain.timeline import EventType
from server.services.access import access, doorstep
from server.services.overviews import overview, overviews
from server.services.people import account_name
from server.services.ports.clock import Clock, Fresh
from server.services.ports.rooms import Position
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.timeline import append


@dataclass(frozen=True, slots=True)
class CreateRoom:
    """What a new room is to be; `members` are user ids with their roles."""

    title: str
    scheduled_at: datetime | None = None
    duration_minutes: int | None = None
    lobby: bool = True
    members: Sequence[tuple[str, RoomRole]] = ()
    encrypted: bool = False


@dataclass(frozen=True, slots=True)
class RoomsPage:
    """Some of a person's rooms, newest activity first; `next` continues."""

    items: Sequence[Overview]
    next: Position | None


class Rooms:
    """Use cases of rooms."""

    def __init__(self, database: Database, clock: Clock, fresh: Fresh) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh

    async def access(
        self,
        uow: UnitOfWork,
        actor: Actor,
        room_id: str,
        *needs: Ability,
        even_closed: bool = False,
    ) -> Access:
        """A member's access to a room; see `server.services.access`."""
        return await access(uow, actor, room_id, *needs, even_closed=even_closed)

    async def doorstep(self, uow: UnitOfWork, actor: Actor, room_id: str) -> Access:
        """Access of those in the lobby too; see `server.services.access`."""
        return await doorstep(uow, actor, room_id)

    async def create(self, actor: Actor, command: CreateRoom) -> Overview:
        """Open a room whose host is the caller. Raises Invalid, NotFound, LimitExceeded."""
        actor.require_account()
        others = {user: role for user, role in command.members if user != actor.person}
        if len(others) >= PEOPLE_LIMIT:
            raise LimitExceeded(limit="people")
        now = self._clock.now()
        room = Room.create(
            self._fresh.id(),
            actor.person,
            now,
            title=command.title,
            scheduled_at=command.scheduled_at,
            duration_minutes=command.duration_minutes,
            lobby=command.lobby,
            encrypted=command.encrypted,
        )
        host = active(room.id, actor.person, actor.name, RoomRole.HOST, now)
        async with self._database.transaction() as uow:
            members = [host]
            for user, role in others.items():
                members.append(active(room.id, user, await account_name(uow, user), role, now))
            await uow.rooms.add(room)
            await append(
                uow,
                room.id,
                EventType.ROOM_CREATED,
                host.sender,
                room.describe(),
                now,
                self._fresh,
            )
            await uow.audit.record(now, actor.person, "room.created", room.id, {})
            for member in members:
                await self._add(uow, member, host, now)
            return await overview(uow, await access(uow, actor, room.id))

    async def list(
        self,
        actor: Actor,
        state: RoomState | None,
        after: Position | None,
        limit: int,
        *,
        kind: RoomKind | None = None,
    ) -> RoomsPage:
        """The caller's rooms, newest activity first."""
        actor.require_account()
        async with self._database.reading() as uow:
            found = await uow.rooms.of_person(actor.person, state, after, limit + 1, kind)
            page = [Access(room, member, member.grants) for room, member in found[:limit]]
            items = await overviews(uow, actor.person, page)
        if len(found) <= limit:
            return RoomsPage(items, None)
        last = page[-1].room
        return RoomsPage(items, Position(last.active_at, last.id))

    async def get(self, actor: Actor, room_id: str) -> Overview:
        """One room, also from its lobby."""
        async with self._database.reading() as uow:
            return await overview(uow, await doorstep(uow, actor, room_id))

    async def change(self, actor: Actor, room_id: str, change: RoomChange) -> Overview:
        """Change, lock or unlock. Raises RoomClosed, Forbidden, Invalid."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            proven = await access(uow, actor, room_id, Ability.MODERATE, locked=True)
            if "recordable" in change:
                proven.grants.require(Ability.RECORD)
            room = proven.room.change(change)
            if room != proven.room:
                action = _change(proven.room, room)
                await self._store(uow, proven, room, EventType.ROOM_CHANGED, action, now)
            return await overview(uow, await access(uow, actor, room_id))

    async def close(self, actor: Actor, room_id: str) -> Overview:
        """End the room for everybody. Raises RoomClosed when it already is."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            proven = await access(uow, actor, room_id, Ability.MODERATE, locked=True)
            room = proven.room.close(now)
            await self._store(uow, proven, room, EventType.ROOM_CLOSED, "room.closed", now)
            return await overview(uow, await access(uow, actor, room_id, even_closed=True))

    async def _store(
        self,
        uow: UnitOfWork,
        by: Access,
        room: Room,
        kind: EventType,
        action: str,
        now: datetime,
    ) -> None:
        await uow.rooms.update(room)
        data = {} if kind is EventType.ROOM_CLOSED else room.describe()
        await append(uow, room.id, kind, by.membership.sender, data, now, self._fresh)
        await uow.audit.record(now, by.membership.person, action, room.id, {})

    async def _add(
        self, uow: UnitOfWork, member: Membership, host: Membership, now: datetime
    ) -> None:
        await uow.memberships.save(member)
        await append(
            uow,
            member.room,
            EventType.MEMBER_ADDED,
            host.sender,
            member.to_wire(),
            now,
            self._fresh,
        )
        data = {"person": member.person, "role": member.role.value}
        await uow.audit.record(now, host.person, "member.added", member.room, data)


def _change(before: Room, after: Room) -> str:
    """What the audit log calls it."""
    if after.locked != before.locked:
        return "room.locked" if after.locked else "room.unlocked"
    if after.recordable != before.recordable:
        return "room.recording_allowed" if after.recordable else "room.recording_forbidden"
    return "room.changed"
