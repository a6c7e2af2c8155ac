"""The use cases that the HTTP edge calls."""

from __future__ import annotations

from dataclasses import dataclass

from server.services.accounts import Accounts
from server.services.administration import Administration
from server.services.audit import Audit
from server.services.call_quality import CallQuality
from server.services.care import Care
from server.services.chat import Chat
from server.services.contact_messages import ContactMessages
from server.services.contact_methods import ContactMethods
from server.services.devices import Devices
from server.services.documents import Documents
from server.services.idempotency import Idempotency
from server.services.invitations import Invitations
from server.services.lobby import Lobby
from server.services.members import Members
from server.services.organisations import Organisations
from server.services.ports.clock import Clock, Fresh
from server.services.pushes import Pushes
from server.services.recordings import Recordings
from server.services.registration import Registration
from server.services.room_tokens import RoomTokens
from server.services.rooms import Rooms
from server.services.sandbox import TrainingSandbox
from server.services.second_factor import SecondFactor
from server.services.sessions import Sessions
from server.services.timeline import Timeline
from server.services.tokens import Tokens
from server.services.training import Training
from server.services.uploads import Uploads
from server.services.webhooks import Webhooks


@dataclass(frozen=True, slots=True)
class Services:
    """One attribute per noun."""

    clock: Clock
    fresh: Fresh
    tokens: Tokens
    idempotency: Idempotency
    documents: Documents
    uploads: Uploads
    recordings: Recordings
    rooms: Rooms
    members: Members
    lobby: Lobby
    invitations: Invitations
    room_tokens: RoomTokens
    timeline: Timeline
    chat: Chat
    call_quality: CallQuality
    devices: Devices
    accounts: Accounts
    administration: Administration
    audit: Audit
    organisations: Organisations
    registration: Registration
    second_factor: SecondFactor
    sessions: Sessions
    care: Care
    webhooks: Webhooks
    pushes: Pushes
    contact_methods: ContactMethods
    contact_messages: ContactMessages
    training: Training
    sandbox: TrainingSandbox | None
    """Only in the training sandbox."""
    version: str
    source_url: str | None = None
    """Where the source of this server is (AGPL-3.0 §13)."""
