"""Links for guests: made, redeemed once, resumed by the same guest, revoked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from server.domain.access import Ability, Actor, RoomRole
from server.domain.errors import NotFound
from server.domain.invitations import SECRET_LIMIT, Invitation, LinkInvalid, digest
from server.domain.memberships import (
    COUNTED,
    Access,
    Membership,
    MembershipState,
    active,
    require_space,
    waiting,
)
from server.domain.rooms import Room
from server.domain.snapshots import Overview
from server.domain.texts import is_storable
from server.domain.timeline import EventType
from server.services.access import access
from server.services.door import Door
from server.services.members import expel
from server.services.overviews import overview
from server.services.ports.clock import Clock, Fresh
from server.services.ports.rate_limits import Attempt, RateLimits
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.room_tokens import RoomToken, RoomTokens
from server.services.timeline import append


@dataclass(frozen=True, slots=True)
class Invited:
    """A new invitation and its link, which is told only now."""

    invitation: Invitation
    link: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a guest gets at the door; `resume` opens it again."""

    token: RoomToken
    overview: Overview
    resume: str


class Welcome(Protocol):
    """What a service has to do when a guest comes into a room by a link."""

    async def __call__(
        self, uow: UnitOfWork, room: Room, guest: Membership, now: datetime, fresh: Fresh
    ) -> None:
        """Follow it, in the same transaction."""


class Invitations:
    """Use cases of invitations."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        fresh: Fresh,
        room_tokens: RoomTokens,
        limits: RateLimits,
        public_url: str,
        welcomes: Sequence[Welcome] = (),
        door: Door | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._room_tokens = room_tokens
        self._limits = limits
        self._public_url = public_url.rstrip("/")
        self._welcomes = welcomes
        self._door = door or Door()

    async def create(
        self,
        actor: Actor,
        room_id: str,
        *,
        name: str,
        role: RoomRole = RoomRole.GUEST,
        expires_in: timedelta = timedelta(days=1),
        lobby: bool | None = None,
    ) -> Invited:
        """Make a link for one person. Raises NotFound, Forbidden, RoomClosed, Invalid."""
        async with self._database.transaction() as uow:
            return await self.invite(
                uow, actor, room_id, name=name, role=role, expires_in=expires_in, lobby=lobby
            )

    async def invite(
        self,
        uow: UnitOfWork,
        actor: Actor,
        room_id: str,
        *,
        name: str,
        role: RoomRole,
        expires_in: timedelta,
        lobby: bool | None,
    ) -> Invited:
        """The same in one's own transaction."""
        now, code = self._clock.now(), self._fresh.secret()
        await access(uow, actor, room_id, Ability.MODERATE)
        invitation = Invitation.create(
            self._fresh.id(),
            room_id,
            code,
            actor.person,
            now,
            name=name,
            role=role,
            expires_in=expires_in,
            lobby=lobby,
        )
        await uow.invitations.add(invitation)
        trail = {"invitation": invitation.id, "role": role.value}
        await uow.audit.record(now, actor.person, "invitation.created", room_id, trail)
        return Invited(invitation, f"{self._public_url}/join#{code}")

    async def list(self, actor: Actor, room_id: str) -> Sequence[Invitation]:
        """All of a room, newest first."""
        async with self._database.reading() as uow:
            await access(uow, actor, room_id, Ability.MODERATE, even_closed=True)
            return await uow.invitations.of_room(room_id)

    async def revoke(self, actor: Actor, room_id: str, invitation_id: str) -> None:
        """End a link and, at once, the access of the guest who came by it; idempotent."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            by = await access(uow, actor, room_id, Ability.MODERATE, even_closed=True, locked=True)
            invitation = None
            if is_storable(invitation_id):
                invitation = await uow.invitations.find(invitation_id)
            if invitation is None or invitation.room != room_id:
                raise NotFound("There is no such invitation.")
            await uow.invitations.revoke(invitation.revoke(now))
            trail = {"invitation": invitation.id}
            await uow.audit.record(now, actor.person, "invitation.revoked", room_id, trail)
            guest = await uow.memberships.find(room_id, invitation.person)
            if guest is not None and guest.state is not MembershipState.REMOVED:
                await expel(uow, by, guest.remove(), now, self._fresh)

    async def redeem(self, code: str, name: str | None, address: str) -> Arrival:
        """Come in by a link, once. Raises LinkInvalid, RateLimited, RoomClosed, RoomLocked."""
        await self._limit(code, address)
        now, resume = self._clock.now(), self._fresh.secret()
        async with self._door.passage(), self._database.transaction() as uow:
            found = await uow.invitations.by_code(digest(code))
            if found is None:
                raise LinkInvalid
            invitation = found.redeem(resume, now)
            room = await uow.rooms.lock(invitation.room)
            if room is None:
                raise LinkInvalid
            room.require_unlocked()
            people = await uow.memberships.of_room(room.id)
            require_space(sum(one.state in COUNTED for one in people))
            if not await uow.invitations.claim(invitation):
                raise LinkInvalid
            waits = room.lobby if invitation.lobby is None else invitation.lobby
            enter = waiting if waits else active
            guest = enter(room.id, invitation.person, name or invitation.name, invitation.role, now)
            await self._enter(uow, guest, now)
            for welcome in self._welcomes:
                await welcome(uow, room, guest, now, self._fresh)
            trail = {"invitation": invitation.id}
            await uow.audit.record(now, guest.person, "invitation.redeemed", room.id, trail)
            entered = await uow.rooms.find(room.id) or room  # its sequence went on
            seen = await overview(uow, Access(entered, guest, guest.grants))
        return Arrival(self._sign(seen.access), seen, resume)

    async def resume(self, resume: str, address: str) -> Arrival:
        """Come back as the same guest. Raises LinkInvalid, RateLimited, RoomClosed."""
        await self._limit(resume, address)
        now = self._clock.now()
        async with self._door.passage(), self._database.reading() as uow:
            invitation = await uow.invitations.by_resume(digest(resume))
            if invitation is None:
                raise LinkInvalid
            invitation.require_used(now)
            guest = await uow.memberships.find(invitation.room, invitation.person)
            room = await uow.rooms.find(invitation.room)
            if room is None or guest is None or guest.state not in COUNTED:
                raise LinkInvalid
            room.require_open()
            seen = await overview(uow, Access(room, guest, guest.grants))
        return Arrival(self._sign(seen.access), seen, resume)

    async def _enter(self, uow: UnitOfWork, guest: Membership, now: datetime) -> None:
        await uow.memberships.save(guest)
        room, data = guest.room, guest.to_wire()
        await append(uow, room, EventType.MEMBER_ADDED, guest.sender, data, now, self._fresh)
        if guest.state is MembershipState.WAITING:
            kind, data = EventType.MEMBER_WAITING, guest.describe()
            await append(uow, room, kind, guest.sender, data, now, self._fresh)

    async def _limit(self, secret: str, address: str) -> None:
        await self._limits.hit(Attempt.INVITATION_BY_ADDRESS, address)
        if not secret or len(secret) > SECRET_LIMIT:
            raise LinkInvalid
        await self._limits.hit(Attempt.INVITATION_BY_LINK, digest(secret))

    def _sign(self, access: Access) -> RoomToken:
        return self._room_tokens.sign(access, session=None)
