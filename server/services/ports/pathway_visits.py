"""Stored visits of pathways."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from server.domain.pathway_templates import Performer
from server.domain.pathway_visits import Visit, VisitState
from server.domain.pathways import Figure
from server.services.ports.pathways import Scope


class VisitStore(Protocol):
    """The visits of one transaction."""

    async def add(self, visits: Sequence[Visit]) -> None:
        """Store the visits of a new pathway."""

    async def update(self, visit: Visit) -> None:
        """Store what became of one."""

    async def find(self, visit_id: str) -> Visit | None:
        """One visit."""
        ...

    async def of_pathway(self, pathway_id: str) -> Sequence[Visit]:
        """All, in order."""
        ...

    async def waiting(
        self,
        scope: Scope,
        states: frozenset[VisitState],
        *,
        performer: Performer | None = None,
        opens_by: date | None = None,
        held_by: datetime | None = None,
        gp: str | None = None,
        limit: int = 200,
    ) -> Sequence[Visit]:
        """Visits of open pathways that the person may see, whose window ends first, first.

        `opens_by`: the window opens by that day; `held_by`: the appointment was before;
        `gp`: of the pathways of this GP.
        """
        ...

    async def figures(self, first: date, last: date, today: date) -> Sequence[Figure]:
        """By hospital and month in which the window ends, aggregated by the database."""
        ...
