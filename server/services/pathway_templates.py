"""Writing, revising and retiring templates of follow-up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from server.domain.access import Actor, Role
from server.domain.errors import NotFound
from server.domain.pathway_templates import Step, Template
from server.domain.texts import is_storable
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import account_of, qualified


@dataclass(frozen=True, slots=True)
class WriteTemplate:
    """What a template is to say."""

    name: str
    zone: str
    steps: Sequence[Step]


class PathwayTemplates:
    """Use cases of templates; they belong to the network, and hold nothing of any patient."""

    def __init__(self, database: Database, clock: Clock, fresh: Fresh) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh

    async def all(self, actor: Actor) -> Sequence[Template]:
        """Every template, for everybody with an account."""
        async with self._database.reading() as uow:
            await account_of(uow, actor)
            return await uow.pathway_templates.all()

    async def create(self, actor: Actor, wanted: WriteTemplate) -> Template:
        """Store a new one. Raises Forbidden but for case managers, Invalid."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            user = await qualified(uow, actor, Role.CASE_MANAGER)
            return await add_template(uow, wanted, user.id, now, self._fresh)

    async def revise(self, actor: Actor, template_id: str, wanted: WriteTemplate) -> Template:
        """Replace its words and steps; pathways that are open keep theirs."""
        async with self._database.transaction() as uow:
            user = await qualified(uow, actor, Role.CASE_MANAGER)
            former = await find_template(uow, template_id)
            template = former.revise(wanted.name, wanted.zone, wanted.steps)
            await uow.pathway_templates.update(template)
            now = self._clock.now()
            await uow.audit.record(now, user.id, "pathway-template.revised", template.id, {})
            return template

    async def retire(self, actor: Actor, template_id: str) -> Template:
        """No new pathway from it. Raises Conflict the second time."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            user = await qualified(uow, actor, Role.CASE_MANAGER)
            template = (await find_template(uow, template_id)).retire(now)
            await uow.pathway_templates.update(template)
            await uow.audit.record(now, user.id, "pathway-template.retired", template.id, {})
            return template


async def add_template(
    uow: UnitOfWork, wanted: WriteTemplate, by: str, now: datetime, fresh: Fresh
) -> Template:
    """Store a new one. Raises Invalid."""
    template = Template.create(fresh.id(), wanted.name, wanted.zone, wanted.steps, by, now)
    await uow.pathway_templates.add(template)
    data = {"steps": len(template.steps)}
    await uow.audit.record(now, by, "pathway-template.created", template.id, data)
    return template


async def find_template(uow: UnitOfWork, template_id: str) -> Template:
    """One template. Raises NotFound."""
    found = await uow.pathway_templates.find(template_id) if is_storable(template_id) else None
    if found is None:
        raise NotFound
    return found
