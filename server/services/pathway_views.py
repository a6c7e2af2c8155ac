"""Pathways as people read them: with the names of those in them, in few queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from server.domain.errors import NotFound
from server.domain.pathway_visits import Visit
from server.domain.pathways import Handover, Pathway
from server.domain.patients import Patient
from server.domain.texts import is_storable
from server.services.pathway_access import Standing
from server.services.ports.pathways import Counts
from server.services.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class PathwayRow:
    """One line of a list."""

    pathway: Pathway
    patient: Patient
    counts: Counts
    hospital_name: str
    responsible_name: str

    def to_wire(self) -> dict[str, Any]:
        """*PathwayRow* of docs/protocol.md."""
        return self.pathway.to_wire() | {
            "patient": self.patient.to_wire(),
            "hospital_name": self.hospital_name,
            "responsible_name": self.responsible_name,
            "visits_count": self.counts.visits,
            "visits_done": self.counts.done,
            "visits_overdue": self.counts.overdue,
        }


@dataclass(frozen=True, slots=True)
class PathwayDetail:
    """A pathway in full, before one person."""

    row: PathwayRow
    visits: Sequence[Visit]
    gp_name: str | None
    handover: dict[str, Any] | None
    standing: Standing

    def to_wire(self) -> dict[str, Any]:
        """*Pathway* of docs/protocol.md."""
        return self.row.to_wire() | {
            "gp": self.row.pathway.gp,
            "gp_name": self.gp_name,
            "in_room": self.standing.is_seated,
            "may": sorted(ability.value for ability in self.standing.abilities),
            "visits": [visit.to_wire() for visit in self.visits],
            "handover": self.handover,
        }


@dataclass(frozen=True, slots=True)
class WaitingVisit:
    """A visit of some list, with the pathway that it belongs to."""

    visit: Visit
    row: PathwayRow

    def to_wire(self) -> dict[str, Any]:
        """*WaitingVisit* of docs/protocol.md."""
        return self.visit.to_wire() | {"pathway": self.row.to_wire()}


async def rows(uow: UnitOfWork, pathways: Sequence[Pathway]) -> list[PathwayRow]:
    """Lines for pathways, in their order, in three queries."""
    patients = await uow.patients.named({one.patient for one in pathways})
    counts = await uow.pathways.counts([one.id for one in pathways])
    names = {one.id: one.name for one in await uow.organisations.all()}
    return [
        PathwayRow(
            one,
            patients[one.patient],
            counts.get(one.id, Counts()),
            names[one.hospital],
            names[one.responsible],
        )
        for one in pathways
    ]


async def detail(uow: UnitOfWork, before: Standing) -> PathwayDetail:
    """A pathway in full."""
    pathway = before.pathway
    [row] = await rows(uow, [pathway])
    visits = await uow.pathway_visits.of_pathway(pathway.id)
    handover = before.handover
    ids = {pathway.gp, *((handover.offered_by, handover.acknowledged_by) if handover else ())}
    people = await uow.accounts.named([one for one in ids if one is not None])
    names = {one.id: one.name for one in people.values()}
    gp_name = names.get(pathway.gp or "")
    shown = None if handover is None else await _handover(uow, handover, names)
    return PathwayDetail(row, visits, gp_name, shown, before)


async def with_pathways(uow: UnitOfWork, visits: Sequence[Visit]) -> list[WaitingVisit]:
    """Lines for visits, in their order, in four queries."""
    found = await uow.pathways.named({visit.pathway for visit in visits})
    known = {row.pathway.id: row for row in await rows(uow, list(found.values()))}
    return [WaitingVisit(visit, known[visit.pathway]) for visit in visits]


async def visit_of(uow: UnitOfWork, pathway: Pathway, visit_id: str) -> Visit:
    """A visit of this pathway. Raises NotFound."""
    visit = await uow.pathway_visits.find(visit_id) if is_storable(visit_id) else None
    if visit is None or visit.pathway != pathway.id:
        raise NotFound
    return visit


async def _handover(uow: UnitOfWork, handover: Handover, people: dict[str, str]) -> dict[str, Any]:
    names = {one.id: one.name for one in await uow.organisations.all()}
    return handover.to_wire() | {
        "origin_name": names[handover.origin],
        "target_name": names[handover.target],
        "offered_by_name": people[handover.offered_by],
        "acknowledged_by_name": people.get(handover.acknowledged_by or ""),
    }
