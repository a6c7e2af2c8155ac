"""Alerting: whom an escalation reaches, on which device, until somebody accepts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from server.domain import guard_services
from server.domain.access import Role
from server.domain.accounts import Status, User
from server.domain.deadlines import Deadline
from server.domain.guard import GuardMoved, Priority, Request
from server.domain.guard_notifications import REPEAT, Notification, Outcome
from server.domain.guard_services import Duty, Firing, GuardService, Step
from server.domain.instants import rfc3339
from server.domain.quiet_hours import silent_on
from server.domain.timeline import EventType, Sender
from server.services.changes import tell_changed
from server.services.on_call import on_call_of
from server.services.ports.bus import Notice
from server.services.ports.clock import Fresh
from server.services.ports.unit_of_work import UnitOfWork
from server.services.qualifications import holds
from server.services.timeline import append

ESCALATE = "guard.escalate"
AGAIN = "guard.repeat"
"""Named after the person who is rung; all others after a request."""
JOIN = "guard.join"
REPORT = "guard.report"
LOST = "guard.lost"
CONSOLE = "console"


class Channel(Protocol):
    """A way to reach people besides an open page; it works through rows of its own."""

    async def reaches(
        self, uow: UnitOfWork, people: Collection[str], now: datetime
    ) -> Mapping[str, Sequence[tuple[str, str]]]:
        """Ways by which it can reach each person now, proved this shift: (channel, device)."""
        ...

    async def alert(
        self, uow: UnitOfWork, request: Request, person: User, step: int, now: datetime
    ) -> None:
        """Somebody is alerted; in the transaction that stores it."""

    async def again(
        self, uow: UnitOfWork, person: User, requests: Sequence[Request], now: datetime
    ) -> None:
        """Somebody has not answered; the most urgent of what waits, every 15 s."""

    async def cancel(self, uow: UnitOfWork, request: Request, people: Collection[str]) -> None:
        """Nobody need answer any more."""


@dataclass(frozen=True, slots=True)
class Alerts:
    """Sends requests to those on call, in the caller's transaction."""

    fresh: Fresh
    channels: Sequence[Channel] = ()

    async def escalate(
        self, uow: UnitOfWork, request: Request, service: GuardService, now: datetime
    ) -> Request:
        """Fire the next step, and those beside it. Raises GuardMoved."""
        steps = service.policy(request.organisation)
        people = await people_of(uow, steps, now)
        reached = await self.reached(uow, [one.id for one in people if one], now)
        duties = [
            Duty(one.id, one.id in reached and one.id != request.passed_on)
            if one
            else Duty(None, is_words=step.text is not None)
            for one, step in zip(people, steps, strict=True)
        ]
        firing = guard_services.fire(steps, duties, request.step)
        next_at = now + timedelta(seconds=firing.delay_s)
        nobody = firing.is_unheard and not await uow.guard_notifications.pending(request.id)
        moved = await store(
            uow,
            request.alert(firing.last + 1, next_at, no_cover=nobody, exhausted=firing.is_exhausted),
        )
        await self._record(uow, request, moved, firing, steps, people, now)
        alerted = set[str]()
        for at in firing.alerted:
            person = people[at]
            assert person is not None
            await self._alert(uow, moved, person, at + 1, reached.get(person.id, ()), now)
            alerted.add(person.id)
        await uow.deadlines.set(Deadline(ESCALATE, request.id, next_at))
        await self.keep_ringing(uow, alerted, now)
        await tell(uow, moved)
        return moved

    async def direct(self, uow: UnitOfWork, request: Request, person: User, now: datetime) -> None:
        """Alert one person, outside of the steps; end with `keep_ringing`."""
        reached = await self.reached(uow, [person.id], now)
        await self._alert(uow, request, person, 0, reached.get(person.id, ()), now)

    async def keep_ringing(self, uow: UnitOfWork, people: Collection[str], now: datetime) -> None:
        """It sounds again for these until they answer; the last thing a transaction locks."""
        await uow.guard_rings.keep(AGAIN, people, now, REPEAT)

    async def silence(
        self, uow: UnitOfWork, request: Request, outcome: Outcome, by: User | None
    ) -> None:
        """End every alert of a request; whoever ends it is not told."""
        pending = await uow.guard_notifications.pending(request.id)
        people = {one.person for one in pending}
        if by is not None and outcome is Outcome.TAKEN:
            await uow.guard_notifications.end(request.id, Outcome.ACCEPTED, by.id)
        await uow.guard_notifications.end(request.id, outcome)
        await uow.deadlines.cancel(request.id, ESCALATE)
        # what a crash left unsent would ring for what is over
        await uow.withdraw("guard.alert", request.id)
        told = {"request": request.id, "code": outcome.value, "by": by.name if by else None}
        for person in sorted(people):
            await uow.publish_surely(Notice("guard.cancel", told, person=person))
        tell_changed(uow, "tasks", request.id, people)
        for channel in self.channels:
            await channel.cancel(uow, request, people)

    async def reached(
        self, uow: UnitOfWork, people: Collection[str], now: datetime
    ) -> Mapping[str, Sequence[tuple[str, str]]]:
        """Ready ways to each person who has any: (channel, device)."""
        reached: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for console in await uow.guard_consoles.of(people, now):
            if console.is_ready(now):
                reached[console.person].append((CONSOLE, console.device))
        for channel in self.channels:
            for person, ways in (await channel.reaches(uow, people, now)).items():
                reached[person] += ways
        return {person: ways for person, ways in reached.items() if ways}

    async def _alert(
        self,
        uow: UnitOfWork,
        request: Request,
        person: User,
        step: int,
        ways: Sequence[tuple[str, str]],
        now: datetime,
    ) -> None:
        for channel, device in ways or [(CONSOLE, "")]:
            await uow.guard_notifications.add(
                Notification(
                    request.id,
                    request.round,
                    step,
                    person.id,
                    person.name,
                    channel,
                    device,
                    is_ready=bool(ways),
                    notified_at=now,
                )
            )
        silent = await silence_of(uow, request, person.id, now)
        notice = Notice("guard.alert", alert_of(request, step, now, silent), person=person.id)
        await uow.publish_surely(notice)
        for way in self.channels:
            await way.alert(uow, request, person, step, now)

    async def _record(
        self,
        uow: UnitOfWork,
        before: Request,
        after: Request,
        firing: Firing,
        steps: Sequence[Step],
        people: Sequence[User | None],
        now: datetime,
    ) -> None:
        async def log(kind: EventType, data: Mapping[str, Any]) -> None:
            await append(uow, after.room, kind, None, data, now, self.fresh)

        if firing.is_exhausted and before.state is not after.state:
            await log(EventType.GUARD_EXHAUSTED, {"phone": after.phone})
            await uow.audit.record(now, "system", "guard.exhausted", after.id, {})
        for at in firing.alerted:
            person = people[at]
            assert person is not None
            data = {"step": at + 1, "person": person.id, "name": person.name, "channel": CONSOLE}
            await log(EventType.GUARD_ALERTED, data)
            await uow.audit.record(
                now, "system", "guard.alerted", after.id, {"step": at + 1, "person": person.id}
            )
        for at in firing.told:
            data = {"step": at + 1, "text": steps[at].text, "phone": after.phone}
            await log(EventType.GUARD_PHONE_TREE, data)
        if firing.is_exhausted and before.no_cover:
            return  # the incident is known
        for at in firing.empty:
            await log(EventType.GUARD_NO_COVER, {"step": at + 1, "phone": after.phone})
            incident = {"step": at + 1, "rota": steps[at].rota}
            await uow.audit.record(now, "system", "guard.no_cover", after.id, incident)
        if firing.empty:
            tell_changed(uow, "rotas", after.service, await uow.accounts.administrators())


async def silence_of(
    uow: UnitOfWork, request: Request, person: str, now: datetime
) -> Sequence[str]:
    """On which of a person's devices this request makes no sound now; no query if it must."""
    priority = request.question.priority
    if priority is not Priority.ROUTINE:
        return ()
    return silent_on((await uow.quiet_hours.of([person])).get(person, ()), priority, now)


async def people_of(uow: UnitOfWork, steps: Sequence[Step], now: datetime) -> Sequence[User | None]:
    """Who each step alerts: whoever is on call, or the person named while admitted."""
    held = await on_call_of(uow, {step.rota for step in steps if step.rota}, now)
    named = await uow.accounts.named({step.person for step in steps if step.person})
    found: list[User | None] = []
    for step in steps:
        person = named.get(step.person) if step.person else None
        if person is not None and may_answer(person):
            found.append(person)
        else:
            found.append(held.get(step.rota) if step.rota else None)
    return found


def may_answer(user: User) -> bool:
    """Whether somebody may take on requests at all."""
    return user.status is Status.ACTIVE and holds(user, Role.RADIOLOGIST)


def alert_of(
    request: Request, step: int, at: datetime, silent: Sequence[str] = ()
) -> dict[str, Any]:
    """`guard.alert`: enough to sound, nothing of the patient (hazard 20)."""
    return {
        "request": request.id,
        "room": request.room,
        "service_name": request.service_name,
        "priority": request.question.priority.value,
        "step": step,
        "at": rfc3339(at),
        "silent_on": list(silent),
    }


async def store(uow: UnitOfWork, request: Request) -> Request:
    """Store a change unless somebody else was faster. Raises GuardMoved."""
    if not await uow.guard_requests.update(request):
        raise GuardMoved(state=request.state.value)
    return replace(request, version=request.version + 1)


async def tell(uow: UnitOfWork, request: Request, *others: str) -> None:
    """Let everybody concerned look again."""
    named = (request.requester, request.accepted_by, request.referred_to, request.hear_to)
    people = {*named, *others} - {None}
    known = {str(person) for person in people}
    known |= {one.person for one in await uow.guard_notifications.pending(request.id)}
    update = {
        "request": request.id,
        "state": request.state.value,
        "by": request.accepted_name,
    }
    for person in sorted(known):
        uow.publish(Notice("guard.update", update, person=person))
    tell_changed(uow, "guard", request.id, known)
    tell_changed(uow, "tasks", request.id, known)


async def write_log(
    uow: UnitOfWork,
    request: Request,
    kind: EventType,
    by: User | None,
    data: Mapping[str, Any],
    now: datetime,
    fresh: Fresh,
) -> None:
    """One step of a request's life: on its room's timeline and in the audit."""
    sender = Sender(by.id, by.name) if by else None
    await append(uow, request.room, kind, sender, data, now, fresh)
    audited = {
        key: value
        for key, value in data.items()
        if key in {"person", "interim", "step", "why", "round", "verdict"}
    }
    actor = by.id if by else "system"
    await uow.audit.record(now, actor, kind.value, request.id, audited)
