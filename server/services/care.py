"""The services to patients, joined: what the edges call, what is due, what waits for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server.domain.reports import ReportKind
from server.services import (
    consultation_demo,
    consultation_moves,
    consultation_tasks,
    pathway_demo,
    pathway_tasks,
)
from server.services.appointments import Appointments
from server.services.consultations import Consultations
from server.services.deadlines import Deadlines, Handler
from server.services.demo import Furnisher
from server.services.follow_up import FollowUp, follow_up
from server.services.opinions import Opinions
from server.services.ports.clock import Clock, Fresh
from server.services.ports.papers import Papers
from server.services.ports.unit_of_work import Database
from server.services.reports import ReportHook, Reports
from server.services.slots import Slots
from server.services.tasks import Source, Tasks

FURNISHERS: tuple[Furnisher, ...] = (consultation_demo.furnish, pathway_demo.furnish)
"""What the services bring to the demo network."""


@dataclass(frozen=True, slots=True)
class Care:
    """One attribute per noun."""

    tasks: Tasks
    deadlines: Deadlines
    slots: Slots
    consultations: Consultations
    appointments: Appointments
    opinions: Opinions
    reports: Reports
    follow_up: FollowUp


def join(database: Database, clock: Clock, fresh: Fresh, *, papers: Papers) -> Care:
    """Join the services of care."""
    consultations = Consultations(database, clock, fresh)
    appointments = Appointments(database, clock, fresh)
    followed = follow_up(database, clock, fresh)
    handlers: Mapping[str, Handler] = {
        **followed.handlers,
        consultation_moves.LAPSE: appointments.lapse,
        consultation_moves.CLOSE: consultations.close,
    }
    sources: tuple[Source, ...] = (consultation_tasks.tasks, pathway_tasks.tasks)
    report_hooks: Mapping[ReportKind, ReportHook] = {}
    return Care(
        tasks=Tasks(database, clock, sources),
        follow_up=followed,
        deadlines=Deadlines(database, clock, handlers),
        slots=Slots(database, clock, fresh),
        consultations=consultations,
        appointments=appointments,
        opinions=Opinions(database, clock, fresh),
        reports=Reports(database, clock, fresh, papers, report_hooks),
    )
