"""Alerting: whom an escalation reaches, on which device, until somebody accepts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from server.domain import guard_services
from server.domain.access import Role
from server.domain.accounts import Status, User
from server.domain.deadlines import Deadline
from server.domain.guard import GuardMoved, Priority, Request
from server.domain.guard_notifications import REPEAT, Outcome
from server.domain.guard_services import Duty, GuardService, Step
from server.domain.instants import rfc3339
from server.domain.quiet_hours import silent_on
from server.domain.timeline import EventType, Sender
from server.services.changes import tell_changed
from server.services.guard_fired import CONSOLE, Fired, Sounding
from server.services.on_call import on_call_of
from server.services.ports.bus import Notice
from server.services.ports.clock import Fresh
from server.services.ports.unit_of_work import UnitOfWork
from server.services.qualifications import holds
from server.services.timeline import append, append_all

ESCALATE = "guard.escalate"
AGAIN = "guard.repeat"
"""Named after the person who is rung; all others after a request."""
JOIN = "guard.join"
REPORT = "guard.report"
LOST = "guard.lost"
Ways = Mapping[str, Sequence[tuple[str, str]]]
"""Ready ways to each person who has any: (channel, device)."""


class Channel(Protocol):
    """A way to reach people besides an open page; it works through rows of its own."""

    async def reaches(
        self, uow: UnitOfWork, people: Collection[str], now: datetime
    ) -> Mapping[str, Sequence[tuple[str, str]]]:
        """Ways by which it can reach each person now, proved this shift: (channel, device)."""
        ...

    async def alert(
        self, uow: UnitOfWork, person: User, soundings: Sequence[Sounding], now: datetime
    ) -> None:
        """Somebody is alerted to these; in the transaction that stores it."""

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
        [moved] = await self.escalate_all(uow, [(request, service)], now)
        return moved

    async def escalate_all(
        self, uow: UnitOfWork, asking: Sequence[tuple[Request, GuardService]], now: datetime
    ) -> Sequence[Request]:
        """Fire the next step of each, in order; as many statements as for one.

        The requests are locked by this transaction, or new in it. Raises GuardMoved.
        """
        policies = [service.policy(request.organisation) for request, service in asking]
        found = iter(await people_of(uow, [step for steps in policies for step in steps], now))
        people = [[next(found) for _ in steps] for steps in policies]
        reached = await self.reached(uow, {one.id for row in people for one in row if one}, now)
        requests = [request for request, _ in asking]
        firings = [
            guard_services.fire(steps, _duties(request, steps, row, reached), request.step)
            for request, steps, row in zip(requests, policies, people, strict=True)
        ]
        unheard = [one.id for one, fi in zip(requests, firings, strict=True) if fi.is_unheard]
        rung = {one.request for one in await uow.guard_notifications.pending(*unheard)}
        nobody = set(unheard) - rung
        moved = await uow.guard_requests.update_locked(
            [
                request.alert(
                    firing.last + 1,
                    now + timedelta(seconds=firing.delay_s),
                    no_cover=request.id in nobody,
                    exhausted=firing.is_exhausted,
                )
                for request, firing in zip(requests, firings, strict=True)
            ]
        )
        each = zip(requests, moved, policies, people, firings, strict=True)
        await self._follow(uow, [Fired(*one) for one in each], reached, now)
        return moved

    async def direct(self, uow: UnitOfWork, request: Request, person: User, now: datetime) -> None:
        """Alert one person, outside of the steps; end with `keep_ringing`."""
        reached = await self.reached(uow, [person.id], now)
        await self._sound(uow, [Sounding(request, person, 0)], reached, now)

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
        ended_by = {"id": by.id, "name": by.name} if by else None
        told = {"request": request.id, "code": outcome.value, "by": ended_by}
        for person in sorted(people):
            await uow.publish_surely(Notice("guard.cancel", told, person=person))
        tell_changed(uow, "tasks", request.id, people)
        for channel in self.channels:
            await channel.cancel(uow, request, people)

    async def reached(self, uow: UnitOfWork, people: Collection[str], now: datetime) -> Ways:
        """By which ways each person can be reached now."""
        reached: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for console in await uow.guard_consoles.of(people, now):
            if console.is_ready(now):
                reached[console.person].append((CONSOLE, console.device))
        for channel in self.channels:
            for person, ways in (await channel.reaches(uow, people, now)).items():
                reached[person] += ways
        return {person: ways for person, ways in reached.items() if ways}

    async def _follow(
        self, uow: UnitOfWork, fired: Sequence[Fired], reached: Ways, now: datetime
    ) -> None:
        """Write down what fired, sound it, and set what comes next."""
        await append_all(uow, [entry for one in fired for entry in one.events()], now, self.fresh)
        await uow.audit.record_all([fact for one in fired for fact in one.facts(now)])
        uncovered = dict.fromkeys(one.after.service for one in fired if one.incidents)
        administrators = await uow.accounts.administrators() if uncovered else ()
        for service in uncovered:
            tell_changed(uow, "rotas", service, administrators)
        soundings = [sounding for one in fired for sounding in one.soundings]
        await self._sound(uow, soundings, reached, now)
        moved = [one.after for one in fired]
        await uow.deadlines.set(
            *(Deadline(ESCALATE, one.id, one.next_at) for one in moved if one.next_at)
        )
        await self.keep_ringing(uow, {one.person.id for one in soundings}, now)
        await tell_all(uow, moved)

    async def _sound(
        self, uow: UnitOfWork, soundings: Sequence[Sounding], reached: Ways, now: datetime
    ) -> None:
        theirs: defaultdict[str, list[Sounding]] = defaultdict(list)
        for one in soundings:
            theirs[one.person.id].append(one)
        rows = [row for one in soundings for row in one.rows(reached.get(one.person.id, ()), now)]
        await uow.guard_notifications.add(*rows)
        # nothing but what is routine is ever silent
        routine = {
            one.person.id for one in soundings if one.request.question.priority is Priority.ROUTINE
        }
        hours = await uow.quiet_hours.of(routine) if routine else {}
        for one in soundings:
            silent = silent_on(hours.get(one.person.id, ()), one.request.question.priority, now)
            alert = alert_of(one.request, one.step, now, silent)
            await uow.publish_surely(Notice("guard.alert", alert, person=one.person.id))
        for calls in theirs.values():
            for way in self.channels:
                await way.alert(uow, calls[0].person, calls, now)


def _duties(
    request: Request, steps: Sequence[Step], people: Sequence[User | None], reached: Ways
) -> list[Duty]:
    return [
        Duty(one.id, one.id in reached and one.id != request.passed_on)
        if one
        else Duty(None, is_words=step.text is not None)
        for one, step in zip(people, steps, strict=True)
    ]


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
    await tell_all(uow, [request], others)


async def tell_all(
    uow: UnitOfWork, requests: Sequence[Request], others: Iterable[str] = ()
) -> None:
    """The same about several requests, in one query."""
    rung: defaultdict[str, set[str]] = defaultdict(set)
    for one in await uow.guard_notifications.pending(*(request.id for request in requests)):
        rung[one.request].add(one.person)
    for request in requests:
        named = (request.requester, request.accepted_by, request.referred_to, request.hear_to)
        known = {person for person in (*named, *others) if person} | rung[request.id]
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
