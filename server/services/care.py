"""The services to patients, joined: what the edges call, what is due, what waits for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server.domain.reports import ReportKind
from server.services.deadlines import Deadlines, Handler
from server.services.demo import Furnisher
from server.services.ports.clock import Clock, Fresh
from server.services.ports.papers import Papers
from server.services.ports.unit_of_work import Database
from server.services.reports import ReportHook, Reports
from server.services.tasks import Source, Tasks

FURNISHERS: tuple[Furnisher, ...] = ()
"""What the services bring to the demo network."""


@dataclass(frozen=True, slots=True)
class Care:
    """One attribute per noun."""

    tasks: Tasks
    deadlines: Deadlines
    reports: Reports


def join(database: Database, clock: Clock, fresh: Fresh, *, papers: Papers) -> Care:
    """Join the services of care."""
    handlers: Mapping[str, Handler] = {}
    sources: tuple[Source, ...] = ()
    report_hooks: Mapping[ReportKind, ReportHook] = {}
    return Care(
        tasks=Tasks(database, clock, sources),
        deadlines=Deadlines(database, clock, handlers),
        reports=Reports(database, clock, fresh, papers, report_hooks),
    )
