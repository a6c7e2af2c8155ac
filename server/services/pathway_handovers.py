"""Handing a patient's follow-up over to the territory, which answers for it once it says so."""

from __future__ import annotations

from server.domain.access import Actor, RoomRole
from server.domain.errors import Conflict, Forbidden, Invalid
from server.domain.organisations import Kind
from server.domain.pathways import Ability
from server.domain.timeline import EventType
from server.services.case_rooms import seat
from server.services.pathway_access import standing, tell
from server.services.pathway_views import PathwayDetail, detail
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.timeline import append


class PathwayHandovers:
    """Use cases of hand-overs: until one is acknowledged, responsibility stays where it is."""

    def __init__(self, database: Database, clock: Clock, fresh: Fresh) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh

    async def offer(
        self, actor: Actor, pathway_id: str, target: str, summary: str
    ) -> PathwayDetail:
        """Offer the pathway with a summary; an offer that waits is withdrawn. Raises Invalid."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            before = await standing(uow, actor, pathway_id, locked=True)
            before.require(Ability.STEER)
            await _require_territory(uow, target)
            pathway, former = before.pathway, before.handover
            handover = pathway.offer(self._fresh.id(), target, summary, before.user.id, now)
            if former is not None and former.is_pending:
                await uow.pathways.answer_handover(former.withdraw(now))
            await uow.pathways.add_handover(handover)
            data = {"origin": handover.origin, "target": target}
            event = EventType.PATHWAY_HANDOVER_OFFERED
            await append(uow, pathway.room, event, before.sender, data, now, self._fresh)
            person = before.user.id
            await uow.audit.record(now, person, "pathway-handover.offered", pathway.id, data)
            await tell(uow, pathway, target, *([former.target] if former else []))
            return await detail(uow, await standing(uow, actor, pathway_id))

    async def acknowledge(self, actor: Actor, pathway_id: str) -> PathwayDetail:
        """A case manager of the target takes responsibility. Raises Forbidden, Conflict."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            before = await standing(uow, actor, pathway_id, locked=True)
            waiting = before.handover
            if waiting is None or not waiting.is_pending:
                if before.abilities & {Ability.STEER}:
                    raise Conflict("No hand-over waits for an answer.")
                raise Forbidden
            before.require(Ability.ACKNOWLEDGE)
            accepted = waiting.acknowledge(before.user.id, now)
            pathway = before.pathway.hand_over(accepted)
            if not await uow.pathways.answer_handover(accepted):
                raise Conflict("This hand-over was answered already.")
            await uow.pathways.update(pathway)
            host = (before.user.id, before.user.name, RoomRole.HOST)
            await seat(uow, pathway.room, *host, before.sender, now, self._fresh)
            data = {"origin": accepted.origin, "target": accepted.target}
            event = EventType.PATHWAY_HANDOVER_ACKNOWLEDGED
            await append(uow, pathway.room, event, before.sender, data, now, self._fresh)
            person = before.user.id
            await uow.audit.record(now, person, "pathway-handover.acknowledged", pathway.id, data)
            await tell(uow, pathway, accepted.origin)
            return await detail(uow, await standing(uow, actor, pathway_id))


async def _require_territory(uow: UnitOfWork, target: str) -> None:
    known = {one.id: one for one in await uow.organisations.all()}
    if target not in known or known[target].kind is not Kind.TERRITORY:
        raise Invalid("Follow-up is handed over to the territory.", path="organisation")
