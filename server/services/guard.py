"""The guard, joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from server.services.deadlines import Handler, Together
from server.services.guard_acceptance import GuardAcceptance
from server.services.guard_alerts import AGAIN, ESCALATE, JOIN, LOST, REPORT, Alerts, Channel
from server.services.guard_consoles import GuardConsoles
from server.services.guard_drills import END, HOURLY, GuardDrills
from server.services.guard_figures import GuardFigures
from server.services.guard_handovers import REMIND, GuardHandOvers
from server.services.guard_repeats import GuardRepeats
from server.services.guard_reports import GuardReports
from server.services.guard_requests import GuardRequests
from server.services.guard_results import HEAR, GuardResults
from server.services.guard_services import GuardServices
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database
from server.services.quiet_hours import QuietTimes
from server.services.reach import Reach


@dataclass(frozen=True, slots=True)
class Guard:
    """One attribute per noun."""

    services: GuardServices
    requests: GuardRequests
    acceptance: GuardAcceptance
    quiet: QuietTimes
    drills: GuardDrills
    repeats: GuardRepeats
    consoles: GuardConsoles
    reports: GuardReports
    results: GuardResults
    handovers: GuardHandOvers
    figures: GuardFigures

    @property
    def handlers(self) -> Mapping[str, Handler | Together]:
        """What is done when due."""
        return {
            ESCALATE: Together(self.acceptance.escalate),
            AGAIN: self.repeats.repeat,
            JOIN: self.acceptance.require_joined,
            HOURLY: self.drills.hourly,
            END: self.drills.end,
            LOST: self.acceptance.lost,
            REPORT: self.acceptance.warn,
            HEAR: self.results.hear,
            REMIND: self.handovers.remind,
        }


def guard(
    database: Database,
    clock: Clock,
    fresh: Fresh,
    channels: Sequence[Channel] = (),
    reach: Reach | None = None,
) -> Guard:
    """Join the services of the guard; `channels` alert people who have no page open."""
    alerts, reach = Alerts(fresh, channels), reach or Reach(fresh)
    acceptance = GuardAcceptance(database, clock, alerts)
    return Guard(
        GuardServices(database, clock, fresh),
        GuardRequests(database, clock, alerts),
        acceptance,
        QuietTimes(database, clock),
        GuardDrills(database, clock, reach),
        GuardRepeats(alerts),
        GuardConsoles(database, clock, fresh, acceptance),
        GuardReports(alerts),
        GuardResults(reach),
        GuardHandOvers(database, clock, alerts, reach),
        GuardFigures(database, clock),
    )
