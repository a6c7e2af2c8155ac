"""Threads: writing to a role, seeing who has it, acknowledging, escalating."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.domain.access import Ability, Actor, Role, RoomRole
from server.domain.accounts import User
from server.domain.chat import client_id_of, text_of
from server.domain.deadlines import Deadline
from server.domain.errors import NotFound
from server.domain.memberships import Membership
from server.domain.rooms import RoomKind
from server.domain.rota import Rota, next_change, second_member
from server.domain.tasks import Task, Urgency
from server.domain.texts import is_storable
from server.domain.threads import REPEAT_DEFAULT_S, Thread
from server.domain.timeline import EventType, Sender
from server.services.access import access
from server.services.case_rooms import close_room, open_room, seat
from server.services.chat import post
from server.services.on_call import able, on_call
from server.services.ports.clock import Clock, Fresh
from server.services.ports.threads import Stored
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import account_of, qualified
from server.services.receipts import Receipts
from server.services.rotas import DUTY
from server.services.thread_duty import REPEAT, ThreadDuty, tell
from server.services.timeline import append

WRITERS = tuple(role for role in Role if role is not Role.INTEGRATOR)
LIST_LIMIT = 100


@dataclass(frozen=True, slots=True)
class OpenThread:
    """To whom, and perhaps the first words."""

    rota: str
    client_id: str
    text: str | None = None
    urgent: bool = False
    repeat_s: int = REPEAT_DEFAULT_S


@dataclass(frozen=True, slots=True)
class ThreadSheet:
    """A thread as one person sees it now."""

    me: str
    stored: Stored
    rota: Rota
    second: Rota | None
    until: datetime | None
    members: Sequence[Membership]
    people: Mapping[str, User]


class Threads:
    """Use cases of threads."""

    def __init__(self, database: Database, clock: Clock, fresh: Fresh, duty: ThreadDuty) -> None:
        self._receipts = Receipts(database, [duty.read])
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._duty = duty

    async def open(self, actor: Actor, wanted: OpenThread) -> ThreadSheet:
        """Write to a role; the same `client_id` finds the same thread.

        Raises Forbidden, NotFound without such a rota, Invalid, LimitExceeded.
        """
        text = None if wanted.text is None else text_of(wanted.text)
        client_id, now = client_id_of(wanted.client_id), self._clock.now()
        async with self._database.transaction() as uow:
            user = await qualified(uow, actor, *WRITERS)
            known = await uow.threads.by_client_id(user.id, client_id)
            if known is not None:
                return await self._sheet(uow, user.id, known.room)
            rota = await uow.rotas.find(wanted.rota) if is_storable(wanted.rota) else None
            if rota is None:
                raise NotFound
            thread = await self._open(uow, user, rota, wanted, client_id, now)
            if text is not None:
                sender, urgent = Sender(user.id, user.name), wanted.urgent
                _, message = await post(
                    uow, thread.room, sender, client_id, text, now, self._fresh, urgent=urgent
                )
                room = await uow.rooms.find(thread.room)
                assert room is not None
                await self._duty.posted(uow, room, message, now)
            return await self._sheet(uow, user.id, thread.room)

    async def mine(self, actor: Actor) -> list[ThreadSheet]:
        """Mine, and those of roles I hold; the latest activity first."""
        async with self._database.reading() as uow:
            user = await account_of(uow, actor)
            return await self._sheets(
                uow, user.id, await uow.threads.of_person(user.id, LIST_LIMIT)
            )

    async def get(self, actor: Actor, room_id: str) -> ThreadSheet:
        """One. Raises NotFound."""
        async with self._database.reading() as uow:
            await account_of(uow, actor)
            await access(uow, actor, room_id, even_closed=True)
            return await self._sheet(uow, actor.person, room_id)

    async def received(self, actor: Actor, room_id: str, seq: int) -> ThreadSheet:
        """A message reached this person's device. Raises NotFound."""
        await self.get(actor, room_id)
        await self._receipts.advance(actor, room_id, seq, None)
        return await self.get(actor, room_id)

    async def acknowledge(self, actor: Actor, room_id: str, seq: int) -> ThreadSheet:
        """I have it, up to a message. Raises NotFound, Forbidden off duty."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            former = await self._lock(uow, actor, room_id)
            thread = await self._duty.follow(uow, former, now)
            after = thread.acknowledge(actor.person, seq, now)
            await uow.threads.update(after)
            if after.acknowledged > thread.acknowledged:
                await self._duty.acknowledged(uow, after, actor.name, now)
                if after.is_outstanding:
                    await self._duty.call(uow, after, (), now)
                await tell(uow, after)
            return await self._sheet(uow, actor.person, room_id)

    async def escalate(self, actor: Actor, room_id: str) -> ThreadSheet:
        """Ask the second person too. Raises NotFound, Forbidden without chat."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            thread = await self._duty.follow(uow, await self._lock(uow, actor, room_id), now)
            backup = await self._second(uow, thread, now)
            sender = Sender(actor.person, actor.name)
            if backup is not None:
                role = RoomRole.MEMBER
                await seat(uow, room_id, backup.id, backup.name, role, sender, now, self._fresh)
            thread = thread.escalate(backup.id if backup else None, now)
            await uow.threads.update(thread)
            data = {"person": thread.backup, "name": backup.name if backup else None}
            kind = EventType.THREAD_ESCALATED
            await append(uow, room_id, kind, sender, data, now, self._fresh)
            trail = {"person": thread.backup}
            await uow.audit.record(now, actor.person, "thread.escalated", room_id, trail)
            if thread.is_outstanding:
                await self._duty.call(uow, thread, [backup.id] if backup else [], now)
            await tell(uow, thread)
            return await self._sheet(uow, actor.person, room_id)

    async def close(self, actor: Actor, room_id: str) -> ThreadSheet:
        """The matter is settled. Raises NotFound, Forbidden to those who cannot moderate."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            thread = await self._lock(uow, actor, room_id, Ability.MODERATE)
            await uow.deadlines.cancel(room_id, REPEAT)
            await close_room(uow, room_id, Sender(actor.person, actor.name), now, self._fresh)
            await tell(uow, thread)
            return await self._sheet(uow, actor.person, room_id)

    async def _lock(
        self, uow: UnitOfWork, actor: Actor, room_id: str, need: Ability = Ability.CHAT
    ) -> Thread:
        await account_of(uow, actor)
        await access(uow, actor, room_id, need, locked=True)
        thread = await uow.threads.lock(room_id)
        if thread is None:
            raise NotFound
        return thread

    async def _open(
        self,
        uow: UnitOfWork,
        user: User,
        rota: Rota,
        wanted: OpenThread,
        client_id: str,
        now: datetime,
    ) -> Thread:
        title, host = f"{rota.name} · {user.name}", (user.id, user.name, RoomRole.HOST)
        thread = Thread.open("", rota.id, user.id, client_id, now, wanted.repeat_s)
        room = await open_room(uow, RoomKind.THREAD, title, user, [host], now, self._fresh)
        thread = Thread.open(room.id, rota.id, user.id, client_id, now, wanted.repeat_s)
        await uow.threads.add(thread)
        thread = await self._duty.follow(uow, thread, now)
        await uow.threads.update(thread)
        await uow.deadlines.set(Deadline(DUTY, rota.id, now))
        await uow.audit.record(now, user.id, "thread.opened", room.id, {"rota": rota.id})
        await tell(uow, thread)
        return thread

    async def _second(self, uow: UnitOfWork, thread: Thread, now: datetime) -> User | None:
        rota = await uow.rotas.find(thread.rota)
        if rota is None:
            return None
        asked = await on_call(uow, rota.second, now) if rota.second else None
        if asked is None or asked.id in (thread.holder, thread.opener):
            following = second_member(rota, now)
            asked = able(await uow.accounts.find(following) if following else None, rota)
        return None if asked is None or asked.id == thread.opener else asked

    async def _sheet(self, uow: UnitOfWork, person: str, room_id: str) -> ThreadSheet:
        stored = await uow.threads.find(room_id)
        if stored is None:
            raise NotFound
        return (await self._sheets(uow, person, [stored]))[0]

    async def _sheets(
        self, uow: UnitOfWork, person: str, found: Sequence[Stored]
    ) -> list[ThreadSheet]:
        now = self._clock.now()
        rotas = await uow.rotas.named({one.thread.rota for one in found})
        seconds = await uow.rotas.named({one.second for one in rotas.values() if one.second})
        members = await uow.threads.members([one.thread.room for one in found])
        people = await uow.accounts.named({who for one in found for who in _named(one.thread)})
        changes = {rota.id: next_change(rota, now) for rota in rotas.values()}
        return [
            ThreadSheet(
                person,
                one,
                rotas[one.thread.rota],
                seconds.get(rotas[one.thread.rota].second or ""),
                changes[one.thread.rota],
                members.get(one.thread.room, ()),
                people,
            )
            for one in found
        ]


async def tasks(uow: UnitOfWork, user: User, now: datetime) -> Sequence[Task]:
    """Urgent messages that wait for the person's acknowledgement."""
    waiting = await uow.threads.awaiting(user.id)
    rotas = await uow.rotas.named({thread.rota for thread in waiting})
    return [
        Task(
            "thread.acknowledge",
            thread.room,
            rotas[thread.rota].name,
            Urgency.NOW,
            f"/messages/{thread.room}",
            thread.urgent_at,
        )
        for thread in waiting
    ]


def _named(thread: Thread) -> set[str]:
    people = (thread.opener, thread.holder, thread.backup, thread.acknowledged_by)
    return {person for person in people if person is not None}
