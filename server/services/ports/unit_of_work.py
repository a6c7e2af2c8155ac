"""One transaction: state, events, audit and outbox commit together or not at all."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from server.services.ports.accounts import AccountStore
from server.services.ports.alarms import AlarmStore
from server.services.ports.audit import AuditTrail
from server.services.ports.boards import BoardStore
from server.services.ports.bus import Notice
from server.services.ports.call_quality import CallQualityStore
from server.services.ports.consultations import ConsultationStore
from server.services.ports.contacts import ContactMessageStore, ContactMethodStore
from server.services.ports.deadlines import DeadlineStore
from server.services.ports.documents import DocumentStore, UploadStore
from server.services.ports.figures import FigureStore
from server.services.ports.guard import (
    ConsoleStore,
    GuardRequestStore,
    GuardServiceStore,
    HandOverStore,
    NotificationStore,
)
from server.services.ports.guard_audit import GuardAuditStore
from server.services.ports.guard_drills import DrillStore
from server.services.ports.guard_figures import GuardFigureStore
from server.services.ports.guard_pasts import GuardPastStore
from server.services.ports.guard_rings import RingStore
from server.services.ports.idempotency import IdempotencyKeys
from server.services.ports.invitations import InvitationStore
from server.services.ports.keys import KeyStore
from server.services.ports.memberships import MembershipStore
from server.services.ports.messages import MessageStore
from server.services.ports.opinions import OpinionStore
from server.services.ports.organisations import OrganisationStore
from server.services.ports.pacs import PacsStore
from server.services.ports.pathway_templates import TemplateStore
from server.services.ports.pathway_visits import VisitStore
from server.services.ports.pathways import PathwayStore
from server.services.ports.patients import PatientStore
from server.services.ports.presence import PresenceStore
from server.services.ports.pushes import PushStore
from server.services.ports.quiet_hours import QuietHourStore
from server.services.ports.recordings import RecordingStore
from server.services.ports.report_templates import ReportTemplateStore
from server.services.ports.reports import ReportStore
from server.services.ports.rooms import RoomStore
from server.services.ports.rota_requests import RotaRequestStore
from server.services.ports.rotas import RotaStore
from server.services.ports.sessions import SessionStore
from server.services.ports.slots import SlotStore
from server.services.ports.standings import StandingStore
from server.services.ports.studies import StudyStore
from server.services.ports.televisits import TelevisitStore
from server.services.ports.threads import ThreadStore
from server.services.ports.timeline import EventStore
from server.services.ports.training import PracticeStore
from server.services.ports.webhooks import WebhookStore


class UnitOfWork(Protocol):
    """What one transaction can reach: a repository per noun."""

    @property
    def audit(self) -> AuditTrail:
        """The audit trail."""
        ...

    @property
    def accounts(self) -> AccountStore:
        """Accounts."""
        ...

    @property
    def organisations(self) -> OrganisationStore:
        """The network's organisations."""
        ...

    @property
    def sessions(self) -> SessionStore:
        """Sessions and refresh tokens."""
        ...

    @property
    def keys(self) -> KeyStore:
        """Signing keys."""
        ...

    @property
    def idempotency(self) -> IdempotencyKeys:
        """Idempotency keys."""
        ...

    @property
    def rooms(self) -> RoomStore:
        """Rooms."""
        ...

    @property
    def memberships(self) -> MembershipStore:
        """Who is in which room."""
        ...

    @property
    def events(self) -> EventStore:
        """The rooms' timelines."""
        ...

    @property
    def presences(self) -> PresenceStore:
        """Who is live in which room."""
        ...

    @property
    def documents(self) -> DocumentStore:
        """Documents in rooms."""
        ...

    @property
    def uploads(self) -> UploadStore:
        """Uploads under way."""
        ...

    @property
    def messages(self) -> MessageStore:
        """Messages as they stand."""
        ...

    @property
    def invitations(self) -> InvitationStore:
        """Links for guests."""
        ...

    @property
    def standings(self) -> StandingStore:
        """What memberships are worth now."""
        ...

    @property
    def deadlines(self) -> DeadlineStore:
        """What is due when."""
        ...

    @property
    def alarms(self) -> AlarmStore:
        """What is wrong with the server itself."""
        ...

    @property
    def patients(self) -> PatientStore:
        """Patients of the network."""
        ...

    @property
    def rotas(self) -> RotaStore:
        """Who holds a role when."""
        ...

    @property
    def rota_requests(self) -> RotaRequestStore:
        """Requests for shifts, and checks."""
        ...

    @property
    def televisits(self) -> TelevisitStore:
        """Televisits and their links."""
        ...

    @property
    def reports(self) -> ReportStore:
        """Reports of every service."""
        ...

    @property
    def report_templates(self) -> ReportTemplateStore:
        """Templates of reports."""
        ...

    @property
    def recordings(self) -> RecordingStore:
        """Recordings of calls."""
        ...

    @property
    def slots(self) -> SlotStore:
        """Times at which experts can be consulted."""
        ...

    @property
    def consultations(self) -> ConsultationStore:
        """Cases put to an expert centre."""
        ...

    @property
    def opinions(self) -> OpinionStore:
        """What consulted doctors think."""
        ...

    @property
    def webhooks(self) -> WebhookStore:
        """Webhooks and their deliveries."""
        ...

    @property
    def pathway_templates(self) -> TemplateStore:
        """Plans of follow-up."""
        ...

    @property
    def pathways(self) -> PathwayStore:
        """Patients' follow-up."""
        ...

    @property
    def pathway_visits(self) -> VisitStore:
        """The visits of follow-up."""
        ...

    @property
    def boards(self) -> BoardStore:
        """Boards and their cases."""
        ...

    @property
    def pushes(self) -> PushStore:
        """Push subscriptions and pushes."""
        ...

    @property
    def contact_methods(self) -> ContactMethodStore:
        """Ways to people besides a browser."""
        ...

    @property
    def contact_messages(self) -> ContactMessageStore:
        """Messages to these."""
        ...

    @property
    def studies(self) -> StudyStore:
        """Studies, their images and result links."""
        ...

    @property
    def pacs(self) -> PacsStore:
        """PACS and pulls from them."""
        ...

    @property
    def practice(self) -> PracticeStore:
        """What only the training sandbox keeps."""
        ...

    @property
    def guard_services(self) -> GuardServiceStore:
        """Guard services."""
        ...

    @property
    def guard_requests(self) -> GuardRequestStore:
        """Guard requests."""
        ...

    @property
    def guard_handovers(self) -> HandOverStore:
        """Hand-overs of guards."""
        ...

    @property
    def guard_notifications(self) -> NotificationStore:
        """Whom guard requests were sent to."""
        ...

    @property
    def guard_rings(self) -> RingStore:
        """For whom guard requests ring."""
        ...

    @property
    def guard_audit(self) -> GuardAuditStore:
        """Questions about all guard requests at once."""
        ...

    @property
    def quiet_hours(self) -> QuietHourStore:
        """When what can wait makes no sound."""
        ...

    @property
    def guard_drills(self) -> DrillStore:
        """Drills of the guard."""
        ...

    @property
    def guard_consoles(self) -> ConsoleStore:
        """Who can be heard to be called."""
        ...

    @property
    def threads(self) -> ThreadStore:
        """Chat with whoever holds a role."""
        ...

    @property
    def call_quality(self) -> CallQualityStore:
        """The quality record of calls."""
        ...

    @property
    def figures(self) -> FigureStore:
        """Counts over the whole network."""
        ...

    @property
    def guard_pasts(self) -> GuardPastStore:
        """Who was on guard before the last edit."""
        ...

    @property
    def guard_figures(self) -> GuardFigureStore:
        """Guard requests as figures need them."""
        ...

    def publish(self, notice: Notice) -> None:
        """Send to live sockets once committed; best effort."""

    async def withdraw(self, name: str, request: str) -> None:
        """Forget what a crash kept from being sent about a guard request."""

    async def publish_surely(self, notice: Notice) -> None:
        """The same through the outbox: a crash delays it, never loses it."""


class Database(Protocol):
    """Opens transactions. Each raises Unavailable when the database is out of reach."""

    def transaction(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Read and write; commits on a clean exit, rolls back on an exception."""
        ...

    def whole(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """A transaction that each one which this task opens within it is part of.

        Whoever opens it must not wait in it for anything but the database.
        """
        ...

    def reading(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Read only: writes are rolled back."""
        ...
