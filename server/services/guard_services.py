"""Guard services: who answers for what, kept by administrators, seen by every clinician."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, TypedDict

from server.domain.access import Actor, Role
from server.domain.accounts import User
from server.domain.errors import Invalid, NotFound
from server.domain.guard_results import Targets
from server.domain.guard_services import (
    GuardService,
    Local,
    NameTaken,
    ServiceBusy,
    ServiceMoved,
    Step,
)
from server.domain.rota import Rota
from server.domain.texts import is_storable
from server.services.changes import tell_everyone
from server.services.guard_access import CLINICIANS
from server.services.guard_alerts import may_answer
from server.services.guard_pasts import keep_service
from server.services.on_call import holders
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import qualified


class ServiceChange(TypedDict, total=False):
    """The fields to change; what is absent stays."""

    name: str
    modality: str
    phone: str
    zone: str
    steps: tuple[Step, ...]
    join_s: int
    report_minutes: int
    repeats: int
    local: tuple[Local, ...]
    targets: Targets


@dataclass(frozen=True, slots=True)
class NewService:
    """What a new service is to be."""

    organisation: str
    name: str
    modality: str
    phone: str
    zone: str
    steps: tuple[Step, ...]
    join_s: int
    report_minutes: int
    repeats: int
    local: tuple[Local, ...]
    targets: Targets


class GuardServices:
    """Use cases of guard services."""

    def __init__(self, database: Database, clock: Clock, fresh: Fresh) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh

    async def all(self, actor: Actor) -> list[dict[str, Any]]:
        """Every service and who answers now. Raises Forbidden."""
        async with self._database.reading() as uow:
            await qualified(uow, actor, *CLINICIANS, Role.ADMINISTRATOR)
            return await _shown(uow, await uow.guard_services.all(), self._clock.now())

    async def create(self, actor: Actor, command: NewService) -> dict[str, Any]:
        """A new one. Raises Forbidden, Invalid, Conflict."""
        actor.require_administrator()
        new = GuardService(self._fresh.id(), **_fields(command)).check()
        async with self._database.transaction() as uow:
            await _require_parts(uow, new)
            if not await uow.guard_services.add(new):
                raise NameTaken
            await keep_service(uow, None, new, self._clock.now())
            return await self._stored(uow, actor, "guard.service_created", new)

    async def change(
        self, actor: Actor, service_id: str, change: ServiceChange, version: int | None = None
    ) -> dict[str, Any]:
        """Change one; requests under way follow at their next step.

        With the version that was looked at, nothing that came since is overwritten.
        Raises Forbidden, NotFound, Invalid, ServiceMoved.
        """
        actor.require_administrator()
        async with self._database.transaction() as uow:
            known = await _current(uow, service_id)
            if version not in (None, known.version):
                raise ServiceMoved
            changed = replace(known, **change).check()
            await _require_parts(uow, changed)
            await _require_free(uow, changed)
            if not await uow.guard_services.update(changed):
                raise ServiceMoved
            await keep_service(uow, known, changed, self._clock.now())
            stored = replace(changed, version=changed.version + 1)
            return await self._stored(uow, actor, "guard.service_changed", stored)

    async def retire(self, actor: Actor, service_id: str) -> None:
        """It takes no requests any more; what it answered stays readable, its name is free.

        Raises Forbidden, NotFound, ServiceBusy, ServiceMoved.
        """
        actor.require_administrator()
        now = self._clock.now()
        async with self._database.transaction() as uow:
            known = await _current(uow, service_id)
            # First, so that a request which is being filed is either seen or refused.
            if not await uow.guard_services.update(known.retire(now)):
                raise ServiceMoved
            await keep_service(uow, known, known, now)
            if await uow.guard_requests.is_busy(known.id):
                raise ServiceBusy
            retired = {"name": known.name, "organisation": known.organisation}
            await uow.audit.record(now, actor.person, "guard.service_retired", known.id, retired)
            tell_everyone(uow, "services", known.id)

    async def _stored(
        self, uow: UnitOfWork, actor: Actor, action: str, service: GuardService
    ) -> dict[str, Any]:
        now = self._clock.now()
        steps = [asdict(step) for step in service.steps]
        await uow.audit.record(now, actor.person, action, service.id, {"steps": steps})
        tell_everyone(uow, "services", service.id)
        return (await _shown(uow, [service], now))[0]


async def _current(uow: UnitOfWork, service_id: str) -> GuardService:
    known = await uow.guard_services.find(service_id) if is_storable(service_id) else None
    if known is None or known.retired_at is not None:
        raise NotFound
    return known


def _fields(command: NewService) -> dict[str, Any]:
    return {name: getattr(command, name) for name in NewService.__slots__}


async def _require_free(uow: UnitOfWork, service: GuardService) -> None:
    taken = (service.organisation, service.name)
    others = [one for one in await uow.guard_services.all() if one.id != service.id]
    if taken in {(one.organisation, one.name) for one in others}:
        raise NameTaken


async def _require_parts(uow: UnitOfWork, service: GuardService) -> None:
    known = await uow.rotas.named(service.rotas)
    if set(known) != set(service.rotas):
        raise Invalid("There is no such rota.", path="steps")
    if any(rota.role is not Role.RADIOLOGIST for rota in known.values()):
        raise Invalid("A guard's rota is one of radiologists.", path="steps")
    people = await uow.accounts.named(service.people)
    for at, step in enumerate(service.steps):
        if step.person and not (step.person in people and may_answer(people[step.person])):
            raise Invalid("There is no such radiologist.", path=f"steps.{at}.person")
    places = {service.organisation, *(each.organisation for each in service.local)}
    if not places <= {each.id for each in await uow.organisations.all()}:
        raise Invalid("There is no such organisation.", path="organisation")


async def _shown(
    uow: UnitOfWork, services: Sequence[GuardService], now: datetime
) -> list[dict[str, Any]]:
    rotas = await uow.rotas.named({rota for each in services for rota in each.rotas})
    people = await uow.accounts.named({one for each in services for one in each.people})
    held = await holders(uow, rotas.values(), now)
    return [_wire(service, _Names(rotas, people, held)) for service in services]


@dataclass(frozen=True, slots=True)
class _Names:
    """What the ids of services stand for now."""

    rotas: Mapping[str, Rota]
    people: Mapping[str, User]
    held: Mapping[str, User | None]

    def rota(self, rota: str | None) -> str:
        return self.rotas[rota].name if rota and rota in self.rotas else ""

    def person(self, person: str | None) -> str | None:
        return self.people[person].name if person and person in self.people else None

    def on_call(self, rota: str | None, person: str | None = None) -> dict[str, str] | None:
        """Who would be alerted now."""
        user = self.held.get(rota) if rota else self.people.get(person or "")
        if user is None or not may_answer(user):
            return None
        return {"person": user.id, "name": user.name}


def _wire(service: GuardService, names: _Names) -> dict[str, Any]:
    steps = [
        {
            **asdict(step),
            "rota_name": names.rota(step.rota),
            "person_name": names.person(step.person),
            "on_call": names.on_call(step.rota, step.person),
        }
        for step in service.steps
    ]
    local = [
        {**asdict(one), "rota_name": names.rota(one.rota), "on_call": names.on_call(one.rota)}
        for one in service.local
    ]
    first = next((step["on_call"] for step in steps if step["on_call"]), None)
    return {
        "id": service.id,
        "name": service.name,
        "organisation": service.organisation,
        "modality": service.modality,
        "phone": service.phone,
        "zone": service.zone,
        "steps": steps,
        "join_s": service.join_s,
        "report_minutes": service.report_minutes,
        "repeats": service.repeats,
        "local": local,
        "targets": service.targets.to_wire(),
        "on_call": first,
        "no_cover": first is None,
        "version": service.version,
    }
