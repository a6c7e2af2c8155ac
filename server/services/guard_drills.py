"""Drills: everybody on guard first is asked, device by device, and never anybody after them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from server.domain.access import Actor, Role
from server.domain.accounts import User
from server.domain.alarms import AlarmKind
from server.domain.deadlines import Deadline
from server.domain.errors import Conflict, Forbidden, NotFound
from server.domain.guard_drills import (
    AUDIBLE_TIME,
    EVERY,
    LIST_LIMIT,
    SHIFT,
    SILENT_TIME,
    Drill,
    DrillState,
    Echo,
    unreached,
)
from server.domain.instants import rfc3339
from server.domain.texts import is_storable
from server.services.alarms import end_alarm, raise_alarm
from server.services.changes import tell_changed
from server.services.guard_alerts import people_of
from server.services.ports.bus import Notice
from server.services.ports.clock import Clock
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import account_of, holds
from server.services.reach import Matter, Reach

HOURLY = "drill.hourly"
END = "drill.end"
DRILL = "guard.drill"
SUBJECT = "guard"


class DrillRunning(Conflict):
    """One drill at a time."""

    code = "drill-running"
    message = "A drill is under way."


class GuardDrills:
    """Use cases of drills, and what the engine does for them."""

    def __init__(self, database: Database, clock: Clock, reach: Reach) -> None:
        self._database = database
        self._clock = clock
        self._reach = reach
        self._fresh = reach.fresh

    async def start(self, actor: Actor, *, audible: bool) -> dict[str, Any]:
        """Ask every device on guard now. Raises Forbidden, DrillRunning."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            user = await _keeper(uow, actor)
            if any(one.state is DrillState.RUNNING for one in await uow.guard_drills.recent(1)):
                raise DrillRunning
            drill, echoes = await self._begin(uow, user, now, audible=audible)
            return drill.to_wire(echoes)

    async def recent(self, actor: Actor) -> list[dict[str, Any]]:
        """The newest first. Raises Forbidden."""
        async with self._database.reading() as uow:
            await _keeper(uow, actor)
            drills = await uow.guard_drills.recent(LIST_LIMIT)
            echoes = await uow.guard_drills.echoes([one.id for one in drills])
            return [one.to_wire(echoes[one.id]) for one in drills]

    async def acknowledge(self, actor: Actor, device: str, drill_id: str) -> None:
        """A device answers; idempotent. Raises NotFound."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            user = await account_of(uow, actor)
            known = is_storable(drill_id) and is_storable(device)
            drill = await uow.guard_drills.find(drill_id) if known else None
            if drill is None or drill.state is not DrillState.RUNNING:
                raise NotFound
            if not await uow.guard_drills.acknowledge(drill.id, user.id, device, now):
                raise NotFound

    async def arm(self) -> None:
        """See to it that the next hourly drill is due; safe to repeat."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            await uow.deadlines.ensure(Deadline(HOURLY, SUBJECT, now + EVERY))

    async def hourly(self, uow: UnitOfWork, due: Deadline, now: datetime) -> None:
        """Silent, but audible to those whose shift begins."""
        await uow.deadlines.set(Deadline(HOURLY, due.subject, now + EVERY))
        if any(one.state is DrillState.RUNNING for one in await uow.guard_drills.recent(1)):
            return
        if await uow.guard_services.all():
            await self._begin(uow, None, now, audible=False)

    async def end(self, uow: UnitOfWork, due: Deadline, now: datetime) -> None:
        """Time is up: whoever did not answer cannot be reached."""
        drill = await uow.guard_drills.find(due.subject)
        if drill is None or drill.state is not DrillState.RUNNING:
            return
        asked = (await uow.guard_drills.echoes([drill.id]))[drill.id]
        people = {one.person for one in asked}
        after = {
            (one.person, one.device): one.state
            for one in await self._besides(uow, people, drill.id, now)
        }
        echoes = [
            replace(one, state=after.get((one.person, one.device), one.state)).end()
            for one in asked
        ]
        ended = drill.end(echoes)
        await uow.guard_drills.update(ended, echoes)
        told = {"silent": len(unreached(echoes)), "asked": len(echoes)}
        await uow.audit.record(now, "system", f"drill.{ended.state.value}", drill.id, told)
        if ended.state is DrillState.FAILED:
            await raise_alarm(uow, AlarmKind.DRILL_FAILED, SUBJECT, now, told)
        else:
            await end_alarm(uow, AlarmKind.DRILL_FAILED, SUBJECT)
        everybody = {one.person for one in echoes} | set(await uow.accounts.administrators())
        tell_changed(uow, "drills", drill.id, everybody)

    async def _begin(
        self, uow: UnitOfWork, by: User | None, now: datetime, *, audible: bool
    ) -> tuple[Drill, list[Echo]]:
        people = await _first_on_guard(uow, now)
        loud = people.keys() if audible else people.keys() - await _heard(uow, people, by, now)
        until = now + (AUDIBLE_TIME if loud else SILENT_TIME)
        drill = Drill(self._fresh.id(), by.id if by else None, now, until)
        echoes = await _pages(uow, people, loud, now)
        echoes += [
            replace(one, name=people[one.person].name, is_audible=one.person in loud)
            for one in await self._besides(uow, people, drill.id, now)
        ]
        there = {one.person for one in echoes}
        echoes += [
            Echo(one, people[one].name, "", one in loud) for one in people if one not in there
        ]
        await uow.guard_drills.add(drill, echoes)
        await uow.deadlines.set(Deadline(END, drill.id, until))
        actor = by.id if by else "system"
        await uow.audit.record(now, actor, "drill.started", drill.id, {"asked": len(echoes)})
        for person in sorted(people):
            told = {"drill": drill.id, "audible": person in loud, "until": rfc3339(until)}
            await uow.publish_surely(Notice(DRILL, told, person=person))
            if person in loud:
                matter = Matter(DRILL, drill.id, "/guard")
                await self._reach.prove(uow, person, matter, now)
        return drill, echoes

    async def _besides(
        self, uow: UnitOfWork, people: Collection[str], drill: str, now: datetime
    ) -> list[Echo]:
        """Ways besides pages, as the drill and what went there before have proved them."""
        found = [
            Echo(person, "", way, is_audible=False, channel=channel, state=state)
            for person, theirs in (await self._reach.proofs(uow, people, DRILL, drill, now)).items()
            for channel, way, state in theirs
        ]
        return sorted(found, key=lambda one: (one.person, one.channel, one.device))


async def _keeper(uow: UnitOfWork, actor: Actor) -> User:
    user = await account_of(uow, actor)
    if not user.is_administrator and not holds(user, Role.RADIOLOGIST):
        raise Forbidden
    return user


async def _first_on_guard(uow: UnitOfWork, now: datetime) -> dict[str, User]:
    """Whom any service rings first; nobody of a later step is ever asked."""
    first = [step for service in await uow.guard_services.all() for step in service.first]
    return {user.id: user for user in await people_of(uow, first, now) if user}


async def _heard(
    uow: UnitOfWork, people: Collection[str], by: User | None, now: datetime
) -> frozenset[str]:
    """Whom sound need not prove: asked by somebody for silence, or proved this shift."""
    if by is not None:
        return frozenset(people)
    return await uow.guard_drills.heard_since(people, now - SHIFT)


async def _pages(
    uow: UnitOfWork, people: dict[str, User], loud: Collection[str], now: datetime
) -> list[Echo]:
    consoles = [one for one in await uow.guard_consoles.of(people, now) if one.is_ready(now)]
    return [
        Echo(one.person, people[one.person].name, one.device, one.person in loud)
        for one in consoles
    ]
