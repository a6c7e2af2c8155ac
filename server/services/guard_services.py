"""Guard services: who answers for what, kept by administrators, seen by every clinician."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, TypedDict

from server.domain.access import Actor, Role
from server.domain.accounts import User
from server.domain.errors import Conflict, Invalid, NotFound
from server.domain.guard_results import Targets
from server.domain.guard_services import GuardService, Local, ServiceMoved, Step
from server.domain.texts import is_storable
from server.services.guard_access import CLINICIANS
from server.services.guard_alerts import may_answer
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
                raise Conflict("This organisation has a service of this name.")
            return await self._stored(uow, actor, "guard.service_created", new)

    async def change(self, actor: Actor, service_id: str, change: ServiceChange) -> dict[str, Any]:
        """Change one; requests under way follow at their next step."""
        actor.require_administrator()
        async with self._database.transaction() as uow:
            known = await uow.guard_services.find(service_id) if is_storable(service_id) else None
            if known is None:
                raise NotFound
            changed = replace(known, **change).check()
            await _require_parts(uow, changed)
            if not await uow.guard_services.update(changed):
                raise ServiceMoved
            return await self._stored(uow, actor, "guard.service_changed", changed)

    async def _stored(
        self, uow: UnitOfWork, actor: Actor, action: str, service: GuardService
    ) -> dict[str, Any]:
        now = self._clock.now()
        steps = [asdict(step) for step in service.steps]
        await uow.audit.record(now, actor.person, action, service.id, {"steps": steps})
        return (await _shown(uow, [service], now))[0]


def _fields(command: NewService) -> dict[str, Any]:
    return {name: getattr(command, name) for name in NewService.__slots__}


async def _require_parts(uow: UnitOfWork, service: GuardService) -> None:
    known = await uow.rotas.named(service.rotas)
    if set(known) != set(service.rotas):
        raise Invalid("There is no such rota.", path="steps")
    if any(rota.role is not Role.RADIOLOGIST for rota in known.values()):
        raise Invalid("A guard's rota is one of radiologists.", path="steps")
    people = await uow.accounts.named(service.people)
    if not all(one in people and may_answer(people[one]) for one in service.people):
        raise Invalid("There is no such radiologist.", path="steps")
    places = {service.organisation, *(each.organisation for each in service.local)}
    if not places <= {each.id for each in await uow.organisations.all()}:
        raise Invalid("There is no such organisation.", path="organisation")


async def _shown(
    uow: UnitOfWork, services: Sequence[GuardService], now: datetime
) -> list[dict[str, Any]]:
    rotas = await uow.rotas.named({rota for each in services for rota in each.rotas})
    named = await uow.accounts.named({one for each in services for one in each.people})
    held = await holders(uow, rotas.values(), now)
    shown = []
    for service in services:
        people = [
            held.get(step.rota) if step.rota else named.get(step.person or "")
            for step in service.steps
        ]
        first = next((person for person in people if person is not None), None)
        steps = [
            {
                "rota": step.rota,
                "rota_name": rotas[step.rota].name if step.rota and step.rota in rotas else "",
                "person": step.person,
                "person_name": _name(named, step.person),
                "text": step.text,
                "delay_s": step.delay_s,
            }
            for step in service.steps
        ]
        shown.append(
            {
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
                "local": [asdict(one) for one in service.local],
                "targets": service.targets.to_wire(),
                "on_call": {"person": first.id, "name": first.name} if first else None,
                "no_cover": first is None,
            }
        )
    return shown


def _name(people: Mapping[str, User], person: str | None) -> str | None:
    return people[person].name if person and person in people else None
