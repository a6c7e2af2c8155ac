"""Use and quality of the network, for those who run it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from server.domain.access import Actor
from server.domain.figures import Measure, Share, Span, Use
from server.domain.tables import as_csv
from server.services.ports.clock import Clock
from server.services.ports.unit_of_work import Database, UnitOfWork


@dataclass(frozen=True, slots=True)
class Network:
    """What was done, and how well."""

    span: Span
    use: Sequence[Use]
    quality: Sequence[Share]


class Figures:
    """Use cases of the figures."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def read(self, actor: Actor, months: int) -> Network:
        """So many months up to this one. Raises Forbidden, Invalid."""
        actor.require_administrator()
        span = Span.until(self._clock.now().date(), months)
        async with self._database.reading() as uow:
            quality = [
                *await uow.figures.guard(span),
                *await uow.figures.televisits(span),
                await self._boards(uow, span),
                await self._pathways(uow, span),
            ]
            return Network(span, await uow.figures.use(span), quality)

    async def csv(self, actor: Actor, months: int) -> str:
        """Use as RFC 4180 text, one line for each month and service."""
        found = await self.read(actor, months)
        head = ("month", "service", "opened", "called")
        return as_csv(head, [one.to_wire().values() for one in found.use])

    async def _boards(self, uow: UnitOfWork, span: Span) -> Share:
        cases = await uow.boards.discussed(span.begin, span.end)
        return Share(Measure.BOARD_QUORUM, sum(one.quorum_met for one in cases), len(cases))

    async def _pathways(self, uow: UnitOfWork, span: Span) -> Share:
        last = (span.end - timedelta(days=1)).date()
        found = await uow.pathway_visits.figures(span.months[0], last, self._clock.now().date())
        on_time, due = sum(one.on_time for one in found), sum(one.due for one in found)
        return Share(Measure.PATHWAY_ON_TIME, on_time, due)
