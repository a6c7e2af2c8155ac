"""Consoles: who can be heard to be called, and what arrived and was seen there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from server.domain.access import Actor
from server.domain.accounts import User
from server.domain.errors import NotFound
from server.domain.guard import Request, by_priority
from server.domain.guard_notifications import CONSOLE_LEASE, Console, Notification
from server.domain.instants import rfc3339
from server.domain.quiet_hours import silent_on
from server.domain.texts import is_storable
from server.domain.timeline import EventType
from server.services.guard_acceptance import GuardAcceptance
from server.services.guard_alerts import alert_of, tell, write_log
from server.services.guard_fired import CONSOLE
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import account_of

_Pending = tuple[Request, Notification, Sequence[str]]


class GuardConsoles:
    """Use cases of open pages; `channel` and `device` say which way an answer came."""

    def __init__(
        self, database: Database, clock: Clock, fresh: Fresh, acceptance: GuardAcceptance
    ) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._acceptance = acceptance

    async def ready(self, actor: Actor, device: str, *, sound: bool) -> None:
        """Whether alerts sound on a page from now on; it must be renewed."""
        until = self._clock.now() + CONSOLE_LEASE
        async with self._database.transaction() as uow:
            user = await account_of(uow, actor)
            await uow.guard_consoles.save(Console(user.id, device, sound, until))

    async def renew(self, consoles: Collection[tuple[str, str]]) -> None:
        """These pages, by person and device, are still there."""
        if consoles:
            async with self._database.transaction() as uow:
                await uow.guard_consoles.renew(consoles, self._clock.now() + CONSOLE_LEASE)

    async def gone(self, person: str, device: str) -> None:
        """A page went; idempotent."""
        async with self._database.transaction() as uow:
            await uow.guard_consoles.remove(person, device)

    async def pending(self, actor: Actor) -> list[Mapping[str, Any]]:
        """`guard.alert`s that must sound for the caller now, for a page that connects."""
        async with self._database.reading() as uow:
            user = await account_of(uow, actor)
            return [
                alert_of(request, one.step, one.notified_at, silent)
                for request, one, silent in await self._pending(uow, user)
            ]

    async def alerts(self, actor: Actor) -> list[dict[str, Any]]:
        """The same with what the radiologist must see at once, though not who the patient is."""
        async with self._database.reading() as uow:
            user = await account_of(uow, actor)
            return [_detailed(*each) for each in await self._pending(uow, user)]

    async def delivered(
        self, actor: Actor, device: str, request_id: str, channel: str = CONSOLE
    ) -> None:
        """An alert arrived on a device; idempotent. Raises NotFound."""
        await self._mark(actor, device, request_id, channel, is_seen=False)

    async def seen(
        self, actor: Actor, device: str, request_id: str, channel: str = CONSOLE
    ) -> None:
        """An alert was looked at; idempotent. Raises NotFound."""
        await self._mark(actor, device, request_id, channel, is_seen=True)

    async def accept(self, actor: Actor, request_id: str) -> dict[str, Any]:
        """Take it on; see GuardAcceptance."""
        return await self._acceptance.accept(actor, request_id)

    async def _pending(self, uow: UnitOfWork, user: User) -> list[_Pending]:
        """What rings for somebody, the most urgent first, and where it is silent."""
        latest = {one.request: one for one in await uow.guard_notifications.pending_of(user.id)}
        requests = await uow.guard_requests.named(list(latest))
        hours = (await uow.quiet_hours.of([user.id])).get(user.id, ())
        now = self._clock.now()
        return [
            (one, latest[one.id], silent_on(hours, one.question.priority, now))
            for one in by_priority(requests.values())
        ]

    async def _mark(
        self, actor: Actor, device: str, request_id: str, channel: str, *, is_seen: bool
    ) -> None:
        now = self._clock.now()
        async with self._database.transaction() as uow:
            user = await account_of(uow, actor)
            known = is_storable(request_id) and is_storable(device)
            sent = await uow.guard_notifications.of_requests([request_id]) if known else ()
            mine = [one for one in sent if one.person == user.id]
            request = await uow.guard_requests.find(request_id) if mine else None
            if request is None:
                raise NotFound
            latest = max(mine, key=lambda one: (one.round, one.step))
            here = _here(mine, latest, channel, device)
            if here is None:
                is_heard = channel != CONSOLE or await _sounds(uow, user.id, device, now)
                here = _moved(latest, channel, device, now, is_ready=is_heard)
                await uow.guard_notifications.add(here)
            is_new = await uow.guard_notifications.mark_delivered(here, now)
            kind = EventType.GUARD_DELIVERED
            if is_seen:
                is_new = await uow.guard_notifications.mark_seen(here, now)
                kind = EventType.GUARD_SEEN
            if is_new:
                data = {"person": user.id, "name": user.name, "step": here.step, "channel": channel}
                await write_log(uow, request, kind, user, data, now, self._fresh)
                await tell(uow, request)


def _here(
    mine: Collection[Notification], latest: Notification, channel: str, device: str
) -> Notification | None:
    """The row of this very device in the latest alert."""
    now = (latest.round, latest.step, channel, device)
    rows = (one for one in mine if (one.round, one.step, one.channel, one.device) == now)
    return next(rows, None)


async def _sounds(uow: UnitOfWork, person: str, device: str, now: datetime) -> bool:
    """Whether alerts sound on a page: one that is silent shows them all the same."""
    consoles = await uow.guard_consoles.of([person], now)
    return any(one.device == device and one.is_ready(now) for one in consoles)


def _moved(
    one: Notification, channel: str, device: str, now: datetime, *, is_ready: bool
) -> Notification:
    """A row for a device that turned up after the alert was sent."""
    moved = one.on(device, now)
    return Notification(
        moved.request,
        moved.round,
        moved.step,
        moved.person,
        moved.name,
        channel,
        moved.device,
        is_ready=is_ready,
        notified_at=now,
        outcome=moved.outcome,
    )


def _detailed(request: Request, one: Notification, silent: Sequence[str]) -> dict[str, Any]:
    question = request.question
    return alert_of(request, one.step, one.notified_at, silent) | {
        "modality": request.modality,
        "age": question.age,
        "question": question.text,
        "allergy": question.allergy,
        "creatinine": question.creatinine,
        "call_back": question.call_back,
        "wants_call": question.wants_call,
        "requester_name": request.requester_name,
        "alerted_at": rfc3339(one.notified_at),
    }
