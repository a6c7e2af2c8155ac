"""The services to patients, joined: what the edges call, what is due, what waits for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server.domain.reports import ReportKind
from server.services import (
    board_tasks,
    consultation_demo,
    consultation_moves,
    consultation_tasks,
    pathway_demo,
    pathway_tasks,
    rota_demo,
    rotas,
    study_views,
)
from server.services.appointments import Appointments
from server.services.board_agenda import Agenda
from server.services.board_figures import BoardFigures
from server.services.board_session import Session
from server.services.board_sheets import Sheets
from server.services.boards import Boards
from server.services.consultation_papers import ConsultationPapers
from server.services.consultations import Consultations
from server.services.deadlines import Deadlines, Handler
from server.services.demo import Furnisher
from server.services.follow_up import FollowUp, follow_up
from server.services.opinions import Opinions
from server.services.ports.clock import Clock, Fresh
from server.services.ports.papers import Papers
from server.services.ports.unit_of_work import Database
from server.services.reports import ReportHook, Reports
from server.services.rotas import Rotas
from server.services.slots import Slots
from server.services.tasks import Source, Tasks
from server.services.tele_reporting import TeleReporting

FURNISHERS: tuple[Furnisher, ...] = (
    rota_demo.furnish,
    consultation_demo.furnish,
    pathway_demo.furnish,
)
"""What the services bring to the demo network."""


@dataclass(frozen=True, slots=True)
class Care:
    """One attribute per noun."""

    tasks: Tasks
    deadlines: Deadlines
    rotas: Rotas
    slots: Slots
    consultations: Consultations
    appointments: Appointments
    opinions: Opinions
    consultation_papers: ConsultationPapers
    reports: Reports
    tele: TeleReporting
    boards: Boards
    board_agenda: Agenda
    board_session: Session
    board_sheets: Sheets
    board_figures: BoardFigures
    follow_up: FollowUp


def join(
    database: Database, clock: Clock, fresh: Fresh, *, papers: Papers, tele: TeleReporting
) -> Care:
    """Join the services of care."""
    consultations = Consultations(database, clock, fresh)
    appointments = Appointments(database, clock, fresh)
    followed = follow_up(database, clock, fresh)
    handlers: Mapping[str, Handler] = {
        **followed.handlers,
        consultation_moves.LAPSE: appointments.lapse,
        consultation_moves.CLOSE: consultations.close,
    }
    sources: tuple[Source, ...] = (
        consultation_tasks.tasks,
        pathway_tasks.tasks,
        board_tasks.tasks,
        study_views.tasks,
        rotas.tasks,
    )
    report_hooks: Mapping[ReportKind, ReportHook] = {ReportKind.TELEREPORT: tele.studies}
    return Care(
        tasks=Tasks(database, clock, sources),
        follow_up=followed,
        deadlines=Deadlines(database, clock, handlers),
        rotas=Rotas(database, clock, fresh),
        slots=Slots(database, clock, fresh),
        consultations=consultations,
        appointments=appointments,
        opinions=Opinions(database, clock, fresh),
        consultation_papers=ConsultationPapers(database, clock, papers),
        boards=Boards(database, clock, fresh),
        board_agenda=Agenda(database, clock, fresh),
        board_session=Session(database, clock, fresh),
        board_sheets=Sheets(database, papers),
        board_figures=BoardFigures(database, clock),
        tele=tele,
        reports=Reports(database, clock, fresh, papers, report_hooks),
    )
