"""The quality report of a rota, and the check that each night looks a year ahead for gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from server.domain.access import Actor
from server.domain.accounts import User
from server.domain.deadlines import Deadline
from server.domain.rota import Rota, Shift, gaps, shifts, zone_of
from server.domain.rota_layers import DAY, instant
from server.domain.rota_quality import Load, Overlap, imbalance, loads, overlaps
from server.services.changes import tell_changed
from server.services.ports.clock import Clock
from server.services.ports.rota_requests import Check
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import account_of
from server.services.reach import Reach
from server.services.rotas import CHECK, able_of, found

AHEAD = timedelta(weeks=52)
CHECKED_AT = time(4)
LISTED = 100
"""Gaps and overlaps listed; their numbers are of all."""


@dataclass(frozen=True, slots=True)
class Quality:
    """A rota's year ahead."""

    rota: Rota
    start: datetime
    end: datetime
    gaps: Sequence[Shift]
    gap_time: timedelta
    overlaps: Sequence[Overlap]
    loads: Mapping[str, Load]
    imbalance: float
    unreachable: Sequence[str]
    """Those without a contact besides an open page."""
    people: Mapping[str, User]
    others: Mapping[str, str]
    """Names of the rotas that overlaps are with."""


class RotaQuality:
    """Use cases of the quality of rotas."""

    def __init__(self, database: Database, clock: Clock, reach: Reach) -> None:
        self._database = database
        self._clock = clock
        self._reach = reach

    async def report(self, actor: Actor, rota_id: str) -> Quality:
        """The next 52 weeks of a rota. Raises NotFound."""
        start = self._clock.now()
        end = start + AHEAD
        async with self._database.reading() as uow:
            await account_of(uow, actor)
            rota = await found(uow, rota_id)
            others = {
                each.id: each
                for each in await uow.rotas.all()
                if each.id != rota.id and each.people & rota.people
            }
            people = await uow.accounts.named(rota.people)
            reached = set(await uow.pushes.of_people(rota.people))
            reached |= (await self._reach.methods(uow, rota.people)).keys()
        mine = shifts(rota, start, end)
        both = overlaps(mine, {each.id: shifts(each, start, end) for each in others.values()})
        missing = gaps(rota, start, end, able_of(rota, people))
        carried = loads(rota, mine)
        return Quality(
            rota,
            start,
            end,
            missing,
            sum((each.end - each.start for each in missing), timedelta()),
            both,
            carried,
            imbalance(carried),
            sorted(person for person in carried if person not in reached),
            people,
            {each.other: others[each.other].name for each in both},
        )

    async def check(self, uow: UnitOfWork, deadline: Deadline, now: datetime) -> None:
        """Look a year ahead, let those who may fill a gap know, and look again next night."""
        rota = await uow.rotas.find(deadline.subject)
        if rota is None:
            return
        people = await uow.accounts.named(rota.people)
        missing = gaps(rota, now, now + AHEAD, able_of(rota, people))
        first = missing[0].start if missing else None
        await uow.rota_requests.checked(Check(rota.id, now, len(missing), first))
        if missing:
            await uow.audit.record(
                now, "system", "rota.gaps-found", rota.id, {"gaps": len(missing)}
            )
            tell_changed(uow, "tasks", rota.id, rota.people | await uow.accounts.administrators())
        await uow.deadlines.set(Deadline(CHECK, rota.id, _next_night(rota, now)))


def _next_night(rota: Rota, now: datetime) -> datetime:
    zone = zone_of(rota.zone)
    day = now.astimezone(zone).date() + DAY
    return instant(datetime.combine(day, CHECKED_AT), zone)
