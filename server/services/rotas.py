"""Rotas: read by everybody of the network, edited where the role belongs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypedDict

from server.domain.access import Actor, Role
from server.domain.accounts import User
from server.domain.deadlines import Deadline
from server.domain.errors import Conflict, Forbidden, Invalid, NotFound
from server.domain.rota import Layer, Override, Rota, RotaMoved, Shift, gaps, next_change, shifts
from server.domain.tasks import Task, Urgency
from server.domain.texts import is_storable
from server.services.changes import tell_changed
from server.services.guard_pasts import keep_rota
from server.services.on_call import able, holders
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import account_of, holds

DUTY = "rota.duty"
"""Due when somebody else holds a rota's role, or may; its subject is the rota."""

CHECK = "rota.check"
"""Due when a rota's year ahead is to be searched for gaps; its subject is the rota."""

GAPS_AHEAD = timedelta(days=28)
GAPS_URGENT = timedelta(days=7)
RANGE_LIMIT = timedelta(days=92)


class RotaChange(TypedDict, total=False):
    """The fields to change; what is absent stays."""

    name: str
    role: Role
    zone: str
    phone: str
    layers: tuple[Layer, ...]
    holidays: frozenset[date]
    second: str | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A rota as one person sees it now, with the names of those it names."""

    rota: Rota
    organisation_name: str
    second_name: str | None
    people: Mapping[str, User]
    holder: User | None
    until: datetime | None
    gaps: Sequence[Shift]
    may_edit: bool


class Rotas:
    """Use cases of rotas."""

    def __init__(self, database: Database, clock: Clock, fresh: Fresh) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh

    async def all(self, actor: Actor) -> list[Sheet]:
        """Every rota, by name."""
        async with self._database.reading() as uow:
            user = await account_of(uow, actor)
            return await _sheets(uow, await uow.rotas.all(), user, self._clock.now())

    async def get(self, actor: Actor, rota_id: str) -> Sheet:
        """One rota. Raises NotFound."""
        async with self._database.reading() as uow:
            user = await account_of(uow, actor)
            return await self._sheet(uow, await found(uow, rota_id), user)

    async def shifts(
        self, actor: Actor, rota_id: str, start: datetime, end: datetime
    ) -> tuple[Sheet, list[Shift]]:
        """Who is on duty when. Raises NotFound, Invalid."""
        if not start < end <= start + RANGE_LIMIT:
            raise Invalid("Ask for at most 92 days.", path="until")
        sheet = await self.get(actor, rota_id)
        return sheet, shifts(sheet.rota, start, end)

    async def create(self, actor: Actor, organisation: str, values: RotaChange) -> Sheet:
        """A new rota. Raises Forbidden, Invalid, Conflict when the name is taken."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            user = await account_of(uow, actor)
            _require_editor(user, organisation)
            rota = Rota(id=self._fresh.id(), organisation=organisation, **values).check()
            if not await uow.organisations.known(frozenset({organisation})):
                raise Invalid("There is no such organisation.", path="organisation")
            await _require_second(uow, rota)
            await _require_able(uow, rota, rota.people)
            if not await uow.rotas.add(rota):
                raise Conflict("There is another rota of this name.")
            await self._follow(uow, actor, rota, "rota.created", now)
            return await self._sheet(uow, rota, user)

    async def change(self, actor: Actor, rota_id: str, version: int, change: RotaChange) -> Sheet:
        """Other people, hours or words. Raises NotFound, Forbidden, Invalid, RotaMoved."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            user, former = await self._editable(uow, actor, rota_id, now)
            if former.version != version:
                raise RotaMoved
            rota = replace(former, **change).check()
            await _require_second(uow, rota)
            new = rota.people if rota.role is not former.role else rota.people - former.people
            await _require_able(uow, rota, new)
            if not await uow.rotas.update(rota):
                raise RotaMoved
            await self._follow(uow, actor, rota, "rota.changed", now, former)
            return await self._sheet(uow, replace(rota, version=version + 1), user)

    async def stand_in(
        self,
        actor: Actor,
        rota_id: str,
        start: datetime,
        end: datetime,
        member: str,
        *,
        temporary: bool = False,
    ) -> Sheet:
        """Somebody instead of whom the rotation names. Raises NotFound, Forbidden, Invalid."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            user, former = await self._editable(uow, actor, rota_id, now)
            new = Override.of(self._fresh.id(), start, end, member, temporary=temporary)
            rota = former.override(new)
            await _require_able(uow, rota, frozenset({member}))
            await uow.rotas.add_override(rota.id, new)
            await self._follow(uow, actor, rota, "rota.override-added", now)
            return await self._sheet(uow, rota, user)

    async def stand_down(self, actor: Actor, rota_id: str, override: str) -> None:
        """Back to the rotation. Raises NotFound, Forbidden."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            _, former = await self._editable(uow, actor, rota_id, now)
            if not is_storable(override) or not await uow.rotas.remove_override(rota_id, override):
                raise NotFound
            await self._follow(uow, actor, former, "rota.override-removed", now)

    async def _editable(
        self, uow: UnitOfWork, actor: Actor, rota_id: str, now: datetime
    ) -> tuple[User, Rota]:
        """A rota that is about to be edited: what it said so far is kept."""
        user = await account_of(uow, actor)
        rota = await found(uow, rota_id)
        _require_editor(user, rota.organisation)
        await keep_rota(uow, rota, now)
        return user, rota

    async def _follow(
        self,
        uow: UnitOfWork,
        actor: Actor,
        rota: Rota,
        action: str,
        now: datetime,
        former: Rota | None = None,
    ) -> None:
        await uow.audit.record(now, actor.person, action, rota.id, {"people": len(rota.people)})
        await uow.deadlines.set(Deadline(DUTY, rota.id, now))
        await uow.deadlines.set(Deadline(CHECK, rota.id, now))
        people = rota.people | (former.people if former else frozenset())
        tell_changed(uow, "rotas", rota.id, people | await uow.accounts.administrators())

    async def _sheet(self, uow: UnitOfWork, rota: Rota, user: User) -> Sheet:
        return (await _sheets(uow, [rota], user, self._clock.now()))[0]


async def tasks(uow: UnitOfWork, user: User, now: datetime) -> Sequence[Task]:
    """Gaps of this week, and those that a check found later, to those who may fill them."""
    if not holds(user, Role.ADMINISTRATOR, Role.RADIOLOGIST):
        return ()
    mine = [rota for rota in await uow.rotas.all() if may_edit(user, rota.organisation)]
    people = await uow.accounts.named({person for rota in mine for person in rota.people})
    checks = await uow.rota_requests.checks()
    listed: list[Task] = []
    for rota in mine:
        ahead = gaps(rota, now, now + GAPS_URGENT, able_of(rota, people))
        if ahead:
            urgency = Urgency.NOW if ahead[0].start == now else Urgency.TODAY
            place = f"/rotas/{rota.id}"
            listed.append(Task("rota.gap", rota.id, rota.name, urgency, place, ahead[0].start))
        elif rota.id in checks and (first := checks[rota.id].first_gap):
            place, later = f"/rotas/{rota.id}", Urgency.LATER
            listed.append(Task("rota.gap", rota.id, rota.name, later, place, first))
    return listed


def may_edit(user: User, organisation: str) -> bool:
    """Administrators anywhere, radiologists in their own organisation."""
    return user.is_administrator or holds(user, Role.RADIOLOGIST, organisation=organisation)


async def _sheets(uow: UnitOfWork, rotas: Sequence[Rota], user: User, now: datetime) -> list[Sheet]:
    people = await uow.accounts.named({person for rota in rotas for person in rota.people})
    held = await holders(uow, rotas, now)
    places = {each.id: each.name for each in await uow.organisations.all()}
    seconds = await uow.rotas.named({rota.second for rota in rotas if rota.second})
    return [
        Sheet(
            rota,
            places.get(rota.organisation, ""),
            seconds[rota.second].name if rota.second else None,
            people,
            held[rota.id],
            next_change(rota, now),
            gaps(rota, now, now + GAPS_AHEAD, able_of(rota, people)),
            may_edit(user, rota.organisation),
        )
        for rota in rotas
    ]


def able_of(rota: Rota, people: Mapping[str, User]) -> frozenset[str]:
    """Those it names who may be called still."""
    return frozenset(person for person in rota.people if able(people.get(person), rota))


async def found(uow: UnitOfWork, rota_id: str) -> Rota:
    """One rota. Raises NotFound."""
    rota = await uow.rotas.find(rota_id) if is_storable(rota_id) else None
    if rota is None:
        raise NotFound
    return rota


def _require_editor(user: User, organisation: str) -> None:
    if not may_edit(user, organisation):
        raise Forbidden


async def _require_second(uow: UnitOfWork, rota: Rota) -> None:
    if rota.second is not None and await uow.rotas.find(rota.second) is None:
        raise Invalid("There is no such rota.", path="second")


async def _require_able(uow: UnitOfWork, rota: Rota, people: frozenset[str]) -> None:
    known = await uow.accounts.named(people)
    if not all(able(known.get(person), rota) for person in people):
        raise Invalid("Each member must hold the role and be admitted.", path="members")
