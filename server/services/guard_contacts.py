"""Alerting radiologists on guard by their contact methods, and what became of each message."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.domain.accounts import User
from server.domain.contact_messages import Message, MessageState
from server.domain.contact_methods import ContactMethod
from server.domain.guard import Request
from server.domain.guard_notifications import Notification
from server.domain.quiet_hours import EVERYWHERE, silent_on
from server.domain.timeline import EventType
from server.services.guard_alerts import tell, write_log
from server.services.guard_fired import Sounding
from server.services.guard_push import ALERT
from server.services.ports.clock import Fresh
from server.services.ports.unit_of_work import UnitOfWork
from server.services.reach import Matter, Reach, of_sounding


@dataclass(frozen=True, slots=True)
class ContactChannel:
    """The guard's third contact: e-mail, and by the gateway SMS and voice."""

    reach: Reach

    async def reaches(
        self, uow: UnitOfWork, people: Collection[str], now: datetime
    ) -> Mapping[str, Sequence[tuple[str, str]]]:
        """Methods proved this shift that are used soon enough: (kind, method)."""
        methods = await self.reach.methods(uow, people)
        return {
            person: [(one.kind.value, one.id) for one in theirs if one.is_ready(now)]
            for person, theirs in methods.items()
        }

    async def alert(
        self, uow: UnitOfWork, person: User, soundings: Sequence[Sounding], now: datetime
    ) -> None:
        """Write to every contact, proved this shift or not, each at its own time."""
        mine = (await self.reach.methods(uow, [person.id])).get(person.id, ())
        if not mine:
            return
        loud = await _loud(uow, person.id, [one.request for one in soundings], now)
        written = await uow.contact_messages.about(ALERT, [one.id for one in loud], person.id)
        for one in soundings:
            if one.request in loud:
                sent = [each for each in written if each.subject == one.request.id]
                former = of_sounding(sent, one.request.round, one.step)
                await self._write(uow, one.request, person, mine, one.step, former, now)

    async def again(
        self, uow: UnitOfWork, person: User, requests: Sequence[Request], now: datetime
    ) -> None:
        """Write again, at growing intervals, for what nobody answered and may sound now."""
        mine = (await self.reach.methods(uow, [person.id])).get(person.id, ())
        if not mine:
            return
        loud = await _loud(uow, person.id, requests, now)
        written = await uow.contact_messages.about(ALERT, [one.id for one in loud], person.id)
        for request in loud:
            sent = [
                one for one in written if (one.subject, one.round) == (request.id, request.round)
            ]
            step = sent[-1].step if sent else await _step(uow, request, person.id)
            await self._write(uow, request, person, mine, step, sent, now)

    async def cancel(self, uow: UnitOfWork, request: Request, _people: Collection[str]) -> None:
        """Nobody need answer any more."""
        if self.reach.kinds:
            await uow.contact_messages.cancel(ALERT, request.id)

    async def _write(
        self,
        uow: UnitOfWork,
        request: Request,
        person: User,
        methods: Sequence[ContactMethod],
        step: int,
        sent: Sequence[Message],
        now: datetime,
    ) -> None:
        priority = request.question.priority
        place = f"/guard/requests/{request.id}"
        name = request.service_name
        matter = Matter(
            ALERT, request.id, place, priority.rank, name, priority.value, request.round, step
        )
        ready = {one.id: one.is_ready(now) for one in methods}
        for message in await self.reach.write(uow, methods, matter, sent, now):
            row = Notification(
                request.id,
                request.round,
                step,
                person.id,
                person.name,
                message.channel.value,
                message.method,
                is_ready=ready[message.method],
                notified_at=now,
            )
            await uow.guard_notifications.add(row)
            await uow.guard_notifications.mark_state(row, MessageState.QUEUED)


@dataclass(frozen=True, slots=True)
class GuardMessages:
    """Follows the messages of alerts, so that whoever asked sees how far each is."""

    fresh: Fresh

    async def follow(self, uow: UnitOfWork, message: Message, now: datetime) -> None:
        """An alert's message was sent, delivered or failed."""
        request = await uow.guard_requests.find(message.subject)
        sent = await uow.guard_notifications.of_requests([message.subject])
        row = next((one for one in sent if _is_about(one, message)), None)
        if request is None or row is None:
            return
        await uow.guard_notifications.mark_state(row, message.state)
        is_delivered = message.state is MessageState.DELIVERED
        if is_delivered and await uow.guard_notifications.mark_delivered(row, now):
            data = {"person": row.person, "name": row.name, "step": row.step}
            told = data | {"channel": row.channel}
            by = (await uow.accounts.named([row.person])).get(row.person)
            await write_log(uow, request, EventType.GUARD_DELIVERED, by, told, now, self.fresh)
        await tell(uow, request)


def _is_about(one: Notification, message: Message) -> bool:
    key = (message.round, message.step, message.person, message.method)
    return (one.round, one.step, one.person, one.device) == key


async def _loud(
    uow: UnitOfWork, person: str, requests: Sequence[Request], now: datetime
) -> Sequence[Request]:
    """Those that may sound now; the others wait: each repetition asks again."""
    hours = (await uow.quiet_hours.of([person])).get(person, ())
    return [
        one for one in requests if EVERYWHERE not in silent_on(hours, one.question.priority, now)
    ]


async def _step(uow: UnitOfWork, request: Request, person: str) -> int:
    """The step at which somebody was alerted last."""
    pending = await uow.guard_notifications.pending(request.id)
    return max((one.step for one in pending if one.person == person), default=request.step)
