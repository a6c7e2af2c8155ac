"""The seat of a role in its threads: moved with duty, reminded until somebody acknowledges."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from server.domain.access import RoomRole
from server.domain.accounts import User
from server.domain.chat import Message
from server.domain.deadlines import Deadline
from server.domain.memberships import MembershipState
from server.domain.rooms import Room, RoomKind
from server.domain.rota import Rota, next_change
from server.domain.threads import Thread
from server.domain.timeline import EventType, Receipt
from server.services.case_rooms import seat, unseat
from server.services.changes import tell_changed
from server.services.on_call import holders, on_call
from server.services.ports.bus import Notice
from server.services.ports.unit_of_work import UnitOfWork
from server.services.reach import Matter, Reach
from server.services.rotas import DUTY
from server.services.timeline import append

REPEAT = "thread.repeat"
"""Due when an urgent message is to be brought up again; its subject is the thread."""

URGENT = "thread.urgent"
AT_ONCE = 20
"""Threads moved in one transaction."""


class ThreadDuty:
    """What follows messages, receipts, the change of duty and the passing of time."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._fresh = reach.fresh

    async def posted(self, uow: UnitOfWork, room: Room, message: Message, now: datetime) -> None:
        """A message in a thread goes to whoever holds the role at this instant."""
        thread = await uow.threads.lock(room.id) if room.kind is RoomKind.THREAD else None
        if thread is None:
            return
        thread = await self.follow(uow, thread, now)
        was_outstanding = thread.is_outstanding
        thread = thread.posted(message.seq, message.sender.id, now, urgent=message.urgent)
        await uow.threads.update(thread)
        if was_outstanding and not thread.is_outstanding:
            await self.acknowledged(uow, thread, message.sender.name, now)
        elif message.urgent and thread.is_outstanding:
            await self.call(uow, thread, thread.on_duty, now)
        await tell(uow, thread)

    async def read(self, uow: UnitOfWork, room: Room, receipt: Receipt) -> None:
        """The others see at once how far somebody got."""
        if room.kind is RoomKind.THREAD:
            people = await uow.memberships.with_accounts(room.id)
            tell_changed(uow, "threads", room.id, set(people) - {receipt.person})

    async def change(self, uow: UnitOfWork, deadline: Deadline, now: datetime) -> None:
        """Duty may have changed: move the seats, a few threads at a time, and wait for the next."""
        rota = await uow.rotas.find(deadline.subject)
        if rota is None:
            return
        holder = (await holders(uow, [rota], now))[rota.id]
        misplaced = await uow.threads.misplaced(rota.id, holder.id if holder else None, AT_ONCE)
        for thread in misplaced:
            moved = await self._move(uow, thread, holder, now)
            await uow.threads.update(moved)
            await tell(uow, moved)
        following = now if len(misplaced) == AT_ONCE else next_change(rota, now)
        if following is not None:
            await uow.deadlines.set(Deadline(DUTY, rota.id, following))
        if holder is not None:
            tell_changed(uow, "rotas", rota.id, rota.people)
        _announce(uow, rota, holder)

    async def repeat(self, uow: UnitOfWork, deadline: Deadline, now: datetime) -> None:
        """Bring the urgent message up again, to whoever holds the role by now."""
        thread = await uow.threads.lock(deadline.subject)
        room = await uow.rooms.find(deadline.subject)
        if thread is None or room is None or room.closed_at or not thread.is_outstanding:
            return
        message = await uow.messages.find(thread.room, thread.urgent)
        if message is None or message.deleted:
            await uow.threads.update(thread.withdraw())
            await self._reach.over(uow, URGENT, thread.room)
            return
        thread = (await self.follow(uow, thread, now)).remind(now)
        await uow.threads.update(thread)
        await self.call(uow, thread, thread.on_duty, now)
        await tell(uow, thread)

    async def follow(self, uow: UnitOfWork, thread: Thread, now: datetime) -> Thread:
        """The thread with its seat where duty is now; the caller stores it."""
        return await self._move(uow, thread, await on_call(uow, thread.rota, now), now)

    async def call(
        self, uow: UnitOfWork, thread: Thread, people: Iterable[str], now: datetime
    ) -> None:
        """Wake people for an urgent message, and again later."""
        for person in people:
            matter = Matter(URGENT, thread.room, f"/messages/{thread.room}")
            await self._reach.tell(uow, person, matter, now)
        await uow.deadlines.set(Deadline(REPEAT, thread.room, now + thread.repeats_in))

    async def acknowledged(self, uow: UnitOfWork, thread: Thread, name: str, now: datetime) -> None:
        """Let everybody see who has it, and be quiet."""
        assert thread.acknowledged_by is not None
        await uow.deadlines.cancel(thread.room, REPEAT)
        await self._reach.over(uow, URGENT, thread.room)
        data = {"message": thread.acknowledged, "person": thread.acknowledged_by, "name": name}
        await append(uow, thread.room, EventType.THREAD_ACKNOWLEDGED, None, data, now, self._fresh)
        trail = {"message": thread.acknowledged}
        actor = thread.acknowledged_by
        await uow.audit.record(now, actor, "thread.acknowledged", thread.room, trail)

    async def _move(
        self, uow: UnitOfWork, thread: Thread, holder: User | None, now: datetime
    ) -> Thread:
        incoming = holder.id if holder else None
        if incoming == thread.holder:
            return thread
        is_new = False
        if holder is not None:
            member = await uow.memberships.find(thread.room, holder.id)
            is_new = member is None or member.state is not MembershipState.ACTIVE
            role = RoomRole.MEMBER
            await seat(uow, thread.room, holder.id, holder.name, role, None, now, self._fresh)
        outgoing, was_seated = thread.holder, thread.holder_seated
        moved = thread.seat(incoming, seated=is_new or (incoming == thread.backup))
        if outgoing is not None and was_seated and outgoing != thread.backup:
            await unseat(uow, thread.room, outgoing, None, now, self._fresh)
            tell_changed(uow, "threads", thread.room, [outgoing])
            tell_changed(uow, "tasks", thread.room, [outgoing])
        data = {"person": incoming, "name": holder.name if holder else None}
        await append(uow, thread.room, EventType.THREAD_SEATED, None, data, now, self._fresh)
        trail = {"person": incoming, "before": outgoing}
        await uow.audit.record(now, "system", "thread.seated", thread.room, trail)
        if moved.is_outstanding and incoming is not None:
            await self.call(uow, moved, [incoming], now)
        return moved


def _announce(uow: UnitOfWork, rota: Rota, holder: User | None) -> None:
    """Every page that names whoever is on call names the right one; none has to ask."""
    person = {"id": holder.id, "name": holder.name} if holder else None
    told = {"rota": rota.id, "person": person}
    uow.publish(Notice("rota.on_call", told, everyone=True))


async def tell(uow: UnitOfWork, thread: Thread) -> None:
    """Everybody in the thread looks again."""
    people = await uow.memberships.with_accounts(thread.room)
    tell_changed(uow, "threads", thread.room, people)
    tell_changed(uow, "tasks", thread.room, thread.on_duty)
