"""Services joined on their ground: all of the product but its edges; nothing is started."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import structlog
from aiohttp import web

from deploy import (
    addresses,
    contacts,
    version,
)
from deploy.contacts import carriers
from deploy.foundation import Base, demo
from deploy.oversight import Oversight, oversee
from media.pool import MediaPool
from media.recording.vault import Vault
from server.adapters.blobs import DiskBlobs
from server.adapters.courier import HttpCourier
from server.adapters.dicomweb import DicomWeb
from server.adapters.papers import PdfPapers
from server.adapters.push import VapidPush
from server.adapters.seal import FileSeal
from server.adapters.settings import Settings
from server.services import care, televisit_moves
from server.services.accounts import Accounts
from server.services.call_quality import CallQuality
from server.services.calls import Calls
from server.services.chat import Chat
from server.services.contact_messages import ContactMessages
from server.services.contact_methods import ContactMethods
from server.services.contact_watch import ContactWatch
from server.services.devices import REVIEW_S, Devices
from server.services.documents import Documents
from server.services.door import Door
from server.services.engine import Engine, Step
from server.services.envelopes import Envelopes
from server.services.idempotency import Idempotency
from server.services.invitations import Invitations
from server.services.lobby import Lobby
from server.services.members import Members
from server.services.organisations import Organisations
from server.services.ports.media import MediaPlane
from server.services.ports.recordings import RecordingVault
from server.services.ports.training import Sandbox
from server.services.practice_partner import PracticePartner
from server.services.presence import Presence
from server.services.pushes import Pushes
from server.services.quality_record import FLUSH_S, QualityRecord
from server.services.reach import Reach
from server.services.receipts import Receipts
from server.services.recordings import Recordings
from server.services.registration import Registration
from server.services.revocation import Revocation
from server.services.room_tokens import RoomTokens
from server.services.rooms import Rooms
from server.services.sandbox import TrainingSandbox
from server.services.second_factor import SecondFactor
from server.services.sessions import Sessions
from server.services.tele_reporting import Outside, tele_reporting
from server.services.timeline import Timeline
from server.services.training import SandboxAddress, Training
from server.services.uploads import Uploads
from server.services.webhook_deliveries import WebhookDeliveries
from server.services.webhooks import Webhooks
from server.web.call_metrics import CallMetrics
from server.web.metrics import Metrics
from server.web.routing import SERVICES
from server.web.services import Services
from signaling.services import Services as LiveServices

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Beyond:
    """The training sandbox, as the real network knows it."""

    app: web.Application
    address: SandboxAddress

    @property
    def sandbox(self) -> Sandbox | None:
        """Its way in."""
        return self.app[SERVICES].sandbox


@dataclass(frozen=True, slots=True)
class Inside:
    """The product without its edges: what they call, and the engines that must run."""

    core: Base
    services: Services
    live: LiveServices
    engines: Mapping[str, Engine]
    media: MediaPlane
    metrics: Metrics
    oversight: Oversight


def join(
    chosen: Settings, core: Base, *, beyond: Beyond | None = None, is_sandbox: bool = False
) -> Inside:
    """Join the services and engines on their ground; nothing is started."""
    database, clock, fresh, tokens = core.database, core.clock, core.fresh, core.tokens
    media: MediaPlane = media_pool(chosen)
    vault: RecordingVault = Vault(recordings_folder(chosen))
    blobs = DiskBlobs(chosen.data_dir)
    node, courier = fresh.id(), HttpCourier(plain=chosen.public_url is None)
    recordings = Recordings(
        database,
        clock,
        fresh,
        core.box,
        media,
        vault,
        node,
        kept=timedelta(days=chosen.recording_days),
    )
    room_service = Rooms(database, clock, fresh)
    uploads = Uploads(database, clock, fresh, room_service, blobs, chosen.document_bytes_max)
    papers = Documents(database, clock, fresh, room_service, blobs)
    seal = FileSeal(chosen.data_dir / "seal.pem", clock)
    pdf = PdfPapers(clock, is_demo=chosen.is_demo, seal=seal)
    outside = Outside(blobs, pdf, core.limits, core.box, DicomWeb(), chosen.people_url)
    tele = tele_reporting(database, clock, fresh, outside)
    second = SecondFactor(database, clock, fresh, core.box, core.passwords, core.limits)
    room_tokens = RoomTokens(database, clock, tokens)
    idempotency = Idempotency(database, clock)
    sessions = Sessions(
        database,
        clock,
        fresh,
        tokens,
        core.passwords,
        second,
        core.limits,
        demo_allowed=chosen.is_demo and not is_sandbox,
        second_factor_required=chosen.second_factor_required,
    )
    door = Door()
    links = Invitations(
        database,
        clock,
        fresh,
        room_tokens,
        core.limits,
        chosen.people_url,
        (televisit_moves.arrived,),
        door,
    )
    metrics = Metrics(clock)
    record = QualityRecord(database, clock, fresh, CallMetrics(metrics.registry).observe)
    metrics.watch("call_quality", record.describe)
    presence = Presence(database, clock, fresh, core.bus, node, door)
    carried_by = carriers(chosen)
    reach = Reach(fresh, frozenset(carried_by))
    cared = care.join(
        database,
        clock,
        fresh,
        papers=pdf,
        tele=tele,
        invitations=links,
        record=record,
        reach=reach,
    )
    messages = ContactMessages(
        database,
        clock,
        core.box,
        carried_by,
        chosen.people_url,
        chosen.gateway_secret,
        cared.message_watchers,
    )
    here = node if chosen.redis_url else None
    calls = Calls(database, clock, fresh, media, here, record, cared.call_followers)
    revocation = Revocation(database, clock)
    devices = Devices(database, fresh, presence, calls, revocation)
    services = Services(
        clock=clock,
        fresh=fresh,
        tokens=tokens,
        idempotency=idempotency,
        documents=papers,
        uploads=uploads,
        recordings=recordings,
        rooms=room_service,
        members=Members(database, clock, fresh),
        lobby=Lobby(database, clock, fresh),
        invitations=links,
        room_tokens=room_tokens,
        timeline=Timeline(database),
        chat=Chat(database, clock, fresh, cared.message_followers),
        call_quality=CallQuality(database, clock),
        devices=devices,
        accounts=Accounts(database, clock, core.passwords, core.limits),
        administration=core.administration,
        audit=core.audit,
        organisations=Organisations(database),
        registration=Registration(database, clock, fresh, core.passwords, core.limits),
        second_factor=second,
        sessions=sessions,
        pushes=Pushes(
            database,
            clock,
            fresh,
            core.box,
            VapidPush(courier, chosen.push_contact),
            is_training=is_sandbox,
        ),
        contact_methods=ContactMethods(database, clock, fresh, core.box, core.limits, reach.kinds),
        contact_messages=messages,
        webhooks=Webhooks(database, clock, fresh, core.box),
        training=Training(
            database,
            clock,
            beyond.sandbox if beyond else None,
            beyond.address if beyond else SandboxAddress(),
        ),
        sandbox=TrainingSandbox(database, clock, fresh, sessions, demo(core))
        if is_sandbox
        else None,
        version=version.of(ROOT),
        source_url=chosen.source_url,
        care=cared,
    )
    live = LiveServices(
        clock=clock,
        fresh=fresh,
        bus=core.bus,
        tokens=tokens,
        rooms=room_service,
        members=services.members,
        lobby=services.lobby,
        timeline=services.timeline,
        chat=services.chat,
        receipts=Receipts(database, cared.receipt_followers),
        presence=presence,
        calls=calls,
        envelopes=Envelopes(database, core.bus),
        recordings=recordings,
        revocation=revocation,
        consoles=services.care.guard.consoles,
        drills=services.care.guard.drills,
    )
    oversight = oversee(core, metrics, chosen.heartbeat_url)
    engine = Engine(
        clock,
        (
            Step("deadlines", 1, services.care.deadlines.meet),
            Step("outbox", 1, database.flush_outbox),
            Step("audit", 1, core.audit.seal),
            *oversight.steps,
            Step("drills", 60, services.care.guard.drills.arm),
            Step("call-quality", FLUSH_S, record.flush),
            Step("devices", REVIEW_S, devices.review),
            Step("keys", 60, core.keys.refresh),
            Step("documents", 60, papers.purge),
            Step("recordings", 2, recordings.tend),
            Step("uploads", 300, uploads.expire),
            Step("sessions", 3600, sessions.purge),
            Step("idempotency", 3600, idempotency.expire),
            Step("contact-messages", 3600, messages.purge),
            Step("contact-watch", 60, ContactWatch(database, clock, carried_by).check),
            Step("call-quality-retention", 3600, record.purge),
        ),
    )
    carried = WebhookDeliveries(database, clock, core.box, courier)
    couriers = Engine(
        clock,
        (
            Step("webhooks", 1, carried.carry),
            Step("webhook-log", 3600, carried.purge),
            *oversight.errands,
        ),
    )
    alerts = Engine(clock, (Step("pushes", 1, services.pushes.send),))  # nothing slower beside it
    engines = {"engine": engine, "couriers": couriers, "alerts": alerts}
    engines |= contacts.engines(clock, messages, carried_by)
    if is_sandbox:
        partner = PracticePartner(
            database,
            clock,
            fresh,
            services.chat,
            services.care.guard.acceptance,
            services.care.reports,
        )
        engines["partner"] = Engine(clock, (Step("partner", 3, partner.act),))
    return Inside(core, services, live, engines, media, metrics, oversight)


def media_pool(chosen: Settings) -> MediaPool:
    """The media workers."""
    announced = chosen.media_address or tuple(
        (str(address), str(address)) for address in addresses.local_addresses()
    )
    workers = chosen.media_workers or os.cpu_count() or 1
    return MediaPool(
        announced,
        workers,
        chosen.media_port,
        structlog.get_logger("media"),
        tcp_base_port=chosen.media_tcp_port,
        recordings=recordings_folder(chosen),
    )


def recordings_folder(chosen: Settings) -> Path:
    """Where recordings are kept, made with the first of them."""
    return (chosen.data_dir / "recordings").resolve()
