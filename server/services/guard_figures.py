"""How soon the guard answers and who carries it, for those who run it and those who do it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from server.domain.access import Actor, Role
from server.domain.errors import NotFound
from server.domain.guard import Priority
from server.domain.guard_figures import By, Carried, Group, Period, Tally, on_guard
from server.domain.guard_pasts import Past, held
from server.domain.guard_services import GuardService
from server.domain.rota_quality import Load
from server.domain.tables import as_csv
from server.domain.windows import ZONE, day_in
from server.services.ports.clock import Clock
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import holds, qualified

READERS = (Role.ADMINISTRATOR, Role.RADIOLOGIST)
HOURS = tuple(str(hour) for hour in range(24))
PRIORITIES = tuple(one.value for one in Priority)
_TIMES = ("by", "key", "name", "requests", "measure", "count", "p50_s", "p90_s")
_TARGET = ("within", "of", "share")
_LOAD = ("name", "accepted", "at_night", "night_share", "reported", "hours", "nights")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which days, by the first and the last; the last 30 unless said; of one service or of all."""

    first: date | None = None
    last: date | None = None
    service: str | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """The figures of a period, and what its groups and people are called."""

    period: Period
    groups: Sequence[Group]
    carried: Sequence[Carried]
    names: Mapping[str, str]

    def of(self, by: By) -> list[dict[str, Any]]:
        """*GuardGroup*s of docs/protocol.md."""
        return [
            {
                "key": one.key,
                "name": self._name(one),
                "requests": one.requests,
                "times": [each.to_wire() for each in one.times],
            }
            for one in self.groups
            if one.by is by
        ]

    @property
    def people(self) -> list[dict[str, Any]]:
        """*GuardLoad*s of docs/protocol.md."""
        return [
            {
                "person": one.person,
                "name": self.names.get(one.person, ""),
                "accepted": one.accepted,
                "at_night": one.at_night,
                "night_share": one.night_share,
                "reported": one.reported,
                "hours": round(one.hours, 2),
                "nights": one.load.nights,
            }
            for one in self.carried
        ]

    def _name(self, group: Group) -> str:
        is_named = group.by in (By.SERVICE, By.SITE)
        return self.names.get(group.key, "") if is_named else group.key


class GuardFigures:
    """Use cases of the guard's figures."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def read(self, actor: Actor, asked: Asked) -> Answers:
        """Administrators see everybody's load, radiologists their own.

        Raises Forbidden, NotFound for an unknown service, Invalid.
        """
        now = self._clock.now()
        period = Period.of(asked.first, asked.last, day_in(now, ZONE), ZONE)
        async with self._database.reading() as uow:
            user = await qualified(uow, actor, *READERS)
            services = {one.id: one for one in await uow.guard_services.all(retired=True)}
            chosen = _chosen(services, asked.service)
            tally = Tally(services, now)
            async for some in uow.guard_figures.passages(period.begin, period.end, asked.service):
                for one in some:
                    tally.add(one)
            load = await _load(uow, chosen.values(), period, now)
            carried = tally.carried(load)
            if not holds(user, Role.ADMINISTRATOR):
                carried = [one for one in carried if one.person == user.id]
            places = {one.id: one.name for one in await uow.organisations.all()}
            people = await uow.accounts.named([one.person for one in carried])
        names = places | {one.id: one.name for one in chosen.values()}
        names |= {one.id: one.name for one in people.values()}
        return Answers(period, _groups(tally, list(chosen)), carried, names)

    async def times_csv(self, actor: Actor, asked: Asked) -> str:
        """The times as RFC 4180 text, one line for each group and measure."""
        found = await self.read(actor, asked)
        rows = [
            [by.value, one["key"], one["name"], one["requests"], *_written(times)]
            for by in By
            for one in found.of(by)
            for times in one["times"]
        ]
        return as_csv((*_TIMES, *_TARGET), rows)

    async def load_csv(self, actor: Actor, asked: Asked) -> str:
        """The load as RFC 4180 text, one line for each radiologist."""
        found = await self.read(actor, asked)
        return as_csv(_LOAD, [[one[name] for name in _LOAD] for one in found.people])


def _chosen(services: Mapping[str, GuardService], service: str | None) -> dict[str, GuardService]:
    if service is None:
        return dict(services)
    if service not in services:
        raise NotFound
    return {service: services[service]}


def _groups(tally: Tally, services: Sequence[str]) -> list[Group]:
    return [
        *tally.groups(By.ALL, [""]),
        *tally.groups(By.SERVICE, services),
        *tally.groups(By.SITE),
        *tally.groups(By.HOUR, HOURS),
        *tally.groups(By.PRIORITY, PRIORITIES),
    ]


async def _load(
    uow: UnitOfWork, services: Iterable[GuardService], period: Period, now: datetime
) -> Mapping[str, Load]:
    begin, end = period.begin, min(period.end, now)
    rotas_of = {one.id: one.rotas if one.retired_at is None else frozenset() for one in services}
    pasts = await uow.guard_pasts.of(rotas_of, begin, end)
    used = {(service, rota) for service, rotas in rotas_of.items() for rota in rotas}
    rotas = await uow.rotas.named({rota for _, rota in {*used, *pasts}})
    found = []
    for each in sorted({*used, *pasts}):
        rota, past = rotas[each[1]], pasts.get(each, Past())
        found.append((rota, held(rota, past, begin, end, is_used=each in used)))
    return on_guard(found)


def _written(times: Mapping[str, Any]) -> list[Any]:
    return [times[name] for name in ("measure", "count", "p50_s", "p90_s", *_TARGET)]
