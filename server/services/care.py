"""The services to patients, joined: what the edges call, what is due, what waits for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from server.domain.reports import ReportKind
from server.services import (
    alarms,
    board_tasks,
    calls,
    chat,
    consultation_demo,
    consultation_moves,
    consultation_tasks,
    contact_messages,
    guard_demo,
    guard_tasks,
    pathway_demo,
    pathway_tasks,
    receipts,
    rota_demo,
    rota_requests,
    rotas,
    study_views,
    televisit_demo,
    televisit_moves,
    televisit_tasks,
    thread_duty,
    threads,
)
from server.services.appointments import Appointments
from server.services.board_agenda import Agenda
from server.services.board_figures import BoardFigures
from server.services.board_session import Session
from server.services.board_sheets import Sheets
from server.services.boards import Boards
from server.services.consultation_papers import ConsultationPapers
from server.services.consultations import Consultations
from server.services.deadlines import Deadlines, Handler, Together, in_turn
from server.services.demo import Furnisher
from server.services.figures import Figures
from server.services.follow_up import FollowUp, follow_up
from server.services.guard import Guard, guard
from server.services.guard_alerts import AGAIN
from server.services.guard_contacts import ContactChannel, GuardMessages
from server.services.guard_push import ALERT, PushChannel
from server.services.invitations import Invitations
from server.services.opinions import Opinions
from server.services.ports.clock import Clock, Fresh
from server.services.ports.papers import Papers
from server.services.ports.unit_of_work import Database
from server.services.quality_record import QualityRecord
from server.services.reach import Reach
from server.services.report_templates import ReportTemplates
from server.services.reports import ReportHook, Reports
from server.services.rota_quality import RotaQuality
from server.services.rota_requests import RotaRequests
from server.services.rota_rosters import Rosters
from server.services.rotas import Rotas
from server.services.slots import Slots
from server.services.tasks import Source, Tasks
from server.services.tele_reporting import TeleReporting
from server.services.televisit_links import TelevisitLinks
from server.services.televisit_reports import TelevisitReports
from server.services.televisits import Televisits
from server.services.thread_duty import ThreadDuty
from server.services.threads import Threads

FURNISHERS: tuple[Furnisher, ...] = (
    rota_demo.furnish,
    guard_demo.furnish,
    consultation_demo.furnish,
    pathway_demo.furnish,
    televisit_demo.furnish,
)
"""What the services bring to the demo network."""


@dataclass(frozen=True, slots=True)
class Care:
    """One attribute per noun."""

    tasks: Tasks
    figures: Figures
    deadlines: Deadlines
    rotas: Rotas
    rota_quality: RotaQuality
    rota_requests: RotaRequests
    rosters: Rosters
    guard: Guard
    threads: Threads
    message_followers: Sequence[chat.Follower]
    call_followers: Sequence[calls.Follower]
    receipt_followers: Sequence[receipts.Follower]
    message_watchers: Mapping[str, contact_messages.Follower]
    slots: Slots
    consultations: Consultations
    appointments: Appointments
    opinions: Opinions
    consultation_papers: ConsultationPapers
    reports: Reports
    report_templates: ReportTemplates
    tele: TeleReporting
    boards: Boards
    board_agenda: Agenda
    board_session: Session
    board_sheets: Sheets
    board_figures: BoardFigures
    follow_up: FollowUp
    televisits: Televisits
    televisit_links: TelevisitLinks


def join(
    database: Database,
    clock: Clock,
    fresh: Fresh,
    *,
    papers: Papers,
    tele: TeleReporting,
    invitations: Invitations,
    record: QualityRecord,
    reach: Reach,
) -> Care:
    """Join the services of care."""
    consultations = Consultations(database, clock, fresh)
    appointments = Appointments(database, clock, fresh)
    followed = follow_up(database, clock, fresh)
    televisits = Televisits(database, clock, fresh, record)
    duty = ThreadDuty(reach)
    quality, requests = RotaQuality(database, clock, reach), RotaRequests(database, clock, reach)
    channels = (PushChannel(fresh), ContactChannel(reach))
    guarded = guard(database, clock, fresh, channels, reach)
    handlers: Mapping[str, Handler | Together] = {
        rotas.DUTY: in_turn(guarded.handovers.turn, duty.change),
        thread_duty.REPEAT: duty.repeat,
        rotas.CHECK: quality.check,
        rota_requests.EXPIRE: requests.expire,
        **guarded.handlers,
        **followed.handlers,
        consultation_moves.LAPSE: appointments.lapse,
        consultation_moves.CLOSE: consultations.close,
        televisit_moves.LAPSE: televisits.lapse,
        televisit_moves.CLOSE: televisits.close,
    }
    sources: tuple[Source, ...] = (
        guard_tasks.tasks,
        consultation_tasks.tasks,
        pathway_tasks.tasks,
        board_tasks.tasks,
        study_views.tasks,
        rotas.tasks,
        rota_requests.tasks,
        televisit_tasks.tasks,
        threads.tasks,
        alarms.tasks,
    )
    report_hooks: Mapping[ReportKind, ReportHook] = {
        ReportKind.GUARD: guarded.reports,
        ReportKind.TELEREPORT: tele.studies,
        ReportKind.TELEVISIT: TelevisitReports(fresh),
    }
    return Care(
        tasks=Tasks(database, clock, sources),
        figures=Figures(database, clock),
        follow_up=followed,
        televisits=televisits,
        televisit_links=TelevisitLinks(database, clock, fresh, invitations),
        deadlines=Deadlines(database, clock, handlers, patient={AGAIN}),
        rotas=Rotas(database, clock, fresh),
        rota_quality=quality,
        rota_requests=requests,
        rosters=Rosters(database, clock, fresh),
        guard=guarded,
        threads=Threads(database, clock, fresh, duty),
        message_followers=(duty.posted,),
        call_followers=(guarded.acceptance.joined,),
        receipt_followers=(duty.read,),
        message_watchers={ALERT: GuardMessages(fresh).follow},
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
        report_templates=ReportTemplates(database, clock, fresh),
        reports=Reports(database, clock, fresh, papers, report_hooks),
    )
