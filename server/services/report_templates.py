"""Templates of reports: built in, and those that an organisation's radiologists keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from server.domain.access import Actor, Role
from server.domain.accounts import User
from server.domain.errors import Forbidden, LimitExceeded, NotFound
from server.domain.report_headings import built_in
from server.domain.report_templates import (
    TEMPLATES_LIMIT,
    Headings,
    ReportTemplate,
    TemplateMoved,
    wire_of,
)
from server.domain.texts import is_storable
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import account_of, holds

KEEPERS = (Role.RADIOLOGIST, Role.ADMINISTRATOR)


class ReportTemplates:
    """Use cases of templates; they hold nothing of any patient."""

    def __init__(self, database: Database, clock: Clock, fresh: Fresh) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh

    async def all(self, actor: Actor, locale: str | None = None) -> Sequence[dict[str, Any]]:
        """Those of the caller's organisations, then the built-in ones."""
        async with self._database.reading() as uow:
            user = await account_of(uow, actor)
            kept = await uow.report_templates.of_organisations(_places(user))
        found = [one.to_wire() for one in kept]
        return found + [wire_of(key, each) for key, each in built_in(locale or user.locale)]

    async def create(self, actor: Actor, organisation: str, headings: Headings) -> dict[str, Any]:
        """Keep a new one. Raises Forbidden, Invalid, LimitExceeded."""
        now, headings = self._clock.now(), headings.check()
        async with self._database.transaction() as uow:
            user = await account_of(uow, actor)
            if not holds(user, *KEEPERS, organisation=organisation):
                raise Forbidden(needs=" ".join(role.value for role in KEEPERS))
            if len(await uow.report_templates.of_organisations([organisation])) >= TEMPLATES_LIMIT:
                raise LimitExceeded(limit="templates")
            made = ReportTemplate(self._fresh.id(), organisation, headings, user.id, now)
            await uow.report_templates.add(made)
            await self._record(uow, made, user, "created")
            return made.to_wire()

    async def revise(
        self, actor: Actor, template_id: str, version: int, headings: Headings
    ) -> dict[str, Any]:
        """Other words; reports that are written keep theirs. Raises NotFound, TemplateMoved."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            template, user = await self._own(uow, actor, template_id)
            revised = template.revise(version, headings, user.id, now)
            if not await uow.report_templates.update(revised):
                raise TemplateMoved(version=template.version)
            await self._record(uow, revised, user, "revised")
            stored = await uow.report_templates.find(template_id)
            assert stored is not None
            return stored.to_wire()

    async def remove(self, actor: Actor, template_id: str) -> None:
        """Keep it no longer. Raises NotFound, Forbidden."""
        async with self._database.transaction() as uow:
            template, user = await self._own(uow, actor, template_id)
            await uow.report_templates.remove(template)
            await self._record(uow, template, user, "removed")

    async def _own(
        self, uow: UnitOfWork, actor: Actor, template_id: str
    ) -> tuple[ReportTemplate, User]:
        user = await account_of(uow, actor)
        found = await uow.report_templates.find(template_id) if is_storable(template_id) else None
        if found is None or found.organisation not in _places(user):
            raise NotFound
        if not holds(user, *KEEPERS, organisation=found.organisation):
            raise Forbidden(needs=" ".join(role.value for role in KEEPERS))
        return found, user

    async def _record(self, uow: UnitOfWork, one: ReportTemplate, by: User, what: str) -> None:
        now = self._clock.now()
        facts = {"organisation": one.organisation}
        await uow.audit.record(now, by.id, f"report-template.{what}", one.id, facts)


def _places(user: User) -> frozenset[str]:
    own = {user.organisation} if user.organisation else set()
    return frozenset(own | {held.organisation for held in user.roles})
