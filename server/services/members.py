"""Who belongs to a room: add, change, remove, leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from server.domain.access import Ability, Actor, Grants, RoomRole
from server.domain.errors import NotFound
from server.domain.memberships import (
    COUNTED,
    Access,
    Membership,
    MembershipState,
    active,
    require_moderator,
    require_space,
)
from server.domain.texts import is_storable
from server.domain.timeline import EventType
from server.services.access import access, doorstep
from server.services.people import account_name
from server.services.ports.bus import Notice
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.timeline import append


class Members:
    """Use cases of memberships."""

    def __init__(self, database: Database, clock: Clock, fresh: Fresh) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh

    async def list(self, actor: Actor, room_id: str) -> Sequence[Membership]:
        """Everybody but the removed, oldest first."""
        async with self._database.reading() as uow:
            await access(uow, actor, room_id, even_closed=True)
            return await uow.memberships.of_room(room_id)

    async def add(self, actor: Actor, room_id: str, user: str, role: RoomRole) -> Membership:
        """Bring a colleague in, past the lobby. Raises NotFound, AlreadyMember, LimitExceeded."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            by = await access(uow, actor, room_id, Ability.MODERATE, locked=True)
            by.require_host_over(role)
            name = await account_name(uow, user)
            former = await uow.memberships.find(room_id, user)
            if former is None:
                member = active(room_id, user, name, role, now)
            else:
                member = former.restore(name, role, now)
            people = await uow.memberships.of_room(room_id)
            require_space(sum(one.state in COUNTED for one in people if one.person != user))
            await self._store(uow, by, member, EventType.MEMBER_ADDED, member.to_wire(), now)
            return member

    async def change(
        self,
        actor: Actor,
        room_id: str,
        person: str,
        role: RoomRole | None,
        grants: Grants | None,
    ) -> Membership:
        """Another role or other grants. Raises NotFound, NobodyLeft, Forbidden, Invalid."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            by = await access(uow, actor, room_id, Ability.MODERATE, locked=True)
            former = await _present(uow, room_id, person)
            member = former.change(role, grants)
            by.require_host_over(former.role, member.role)
            if member != former:
                if former.is_moderator:
                    await _require_moderator_but(uow, member)
                data = member.to_wire()
                await self._store(uow, by, member, EventType.MEMBER_CHANGED, data, now)
            return member

    async def remove(self, actor: Actor, room_id: str, person: str) -> None:
        """Remove somebody, or leave for good; ends sockets and media.

        Raises NotFound, Forbidden, NobodyLeft.
        """
        now = self._clock.now()
        async with self._database.transaction() as uow:
            by = await doorstep(uow, actor, room_id, locked=True)
            if person != actor.person:
                by = await access(uow, actor, room_id, Ability.MODERATE, even_closed=True)
            former = await _present(uow, room_id, person)
            by.require_host_over(*([former.role] if person != actor.person else []))
            member = former.remove()
            if former.is_moderator and by.room.closed_at is None:
                await _require_moderator_but(uow, member)
            await expel(uow, by, member, now, self._fresh)

    async def _store(
        self,
        uow: UnitOfWork,
        by: Access,
        member: Membership,
        kind: EventType,
        data: Mapping[str, Any],
        now: datetime,
    ) -> None:
        await uow.memberships.save(member)
        await append(uow, member.room, kind, by.membership.sender, data, now, self._fresh)
        trail = {"person": member.person, "role": member.role.value}
        await uow.audit.record(now, by.membership.person, kind.value, member.room, trail)


async def expel(
    uow: UnitOfWork, by: Access, member: Membership, now: datetime, fresh: Fresh
) -> None:
    """Store a removal and tell everybody, the removed person's sockets surely."""
    await uow.memberships.save(member)
    await append(
        uow,
        member.room,
        EventType.MEMBER_REMOVED,
        by.membership.sender,
        {"person": member.person},
        now,
        fresh,
    )
    if member.is_guest:
        invitation = await uow.invitations.find(member.person.removeprefix("guest:"))
        if invitation is not None:
            await uow.invitations.revoke(invitation.revoke(now))
    trail = {"person": member.person}
    await uow.audit.record(now, by.membership.person, "member.removed", member.room, trail)
    revoked = Notice("revoked", {"room": member.room, "code": "removed"}, person=member.person)
    await uow.publish_surely(revoked)


async def _present(uow: UnitOfWork, room_id: str, person: str) -> Membership:
    member = await uow.memberships.find(room_id, person) if is_storable(person) else None
    if member is None or member.state is MembershipState.REMOVED:
        raise NotFound("There is no such person in this room.")
    return member


async def _require_moderator_but(uow: UnitOfWork, changed: Membership) -> None:
    members = await uow.memberships.of_room(changed.room)
    require_moderator(changed if one.person == changed.person else one for one in members)
