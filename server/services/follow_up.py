"""Follow-up after discharge, joined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server.services.deadlines import Handler
from server.services.pathway_figures import PathwayFigures
from server.services.pathway_handovers import PathwayHandovers
from server.services.pathway_templates import PathwayTemplates
from server.services.pathway_visits import PathwayVisits
from server.services.pathways import OVERDUE, Pathways
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One attribute per noun."""

    templates: PathwayTemplates
    pathways: Pathways
    visits: PathwayVisits
    handovers: PathwayHandovers
    figures: PathwayFigures

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """What is done when due."""
        return {OVERDUE: self.visits.lapse}


def follow_up(database: Database, clock: Clock, fresh: Fresh) -> FollowUp:
    """Join the services of follow-up."""
    return FollowUp(
        PathwayTemplates(database, clock, fresh),
        Pathways(database, clock, fresh),
        PathwayVisits(database, clock, fresh),
        PathwayHandovers(database, clock, fresh),
        PathwayFigures(database, clock),
    )
