"""The timeline of a room over HTTP: snapshot, events, messages."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from server.domain.access import RoomRole, Source
from server.domain.chat import CLIENT_ID_LIMIT
from server.domain.snapshots import Snapshot
from server.domain.timeline import EVENTS_LIMIT, Event, EventsPage, EventType
from server.services.timeline import SEQ_LIMIT
from server.web.documents import DocumentView
from server.web.members import GrantsView, MemberView
from server.web.models import Instant, Nothing, Strict, View
from server.web.rooms import RoomView
from server.web.routing import Answer, Call, Routes

routes = Routes("timeline")


class SenderView(View):
    """Whose doing."""

    id: str
    name: str


class EventView(View):
    """*Event* of docs/protocol.md §4."""

    room: str
    seq: int
    id: str
    type: EventType
    at: Instant
    sender: SenderView | None
    client_id: str | None = None
    data: dict[str, Any]

    @classmethod
    def of(cls, event: Event) -> EventView:
        """The view of an event."""
        return cls.model_validate(event.to_wire())

    @model_serializer(mode="wrap")
    def _without_absent(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        wire: dict[str, Any] = write(self)
        if self.client_id is None:
            del wire["client_id"]
        return wire


class ReceiptView(View):
    """How far a person got."""

    delivered: int
    read: int


class EventsView(View):
    """Events after a seq; `seq` is the room's last."""

    events: list[EventView]
    seq: int
    more: bool
    receipts: dict[str, ReceiptView]

    @classmethod
    def of(cls, page: EventsPage) -> EventsView:
        """The view of a page."""
        return cls.model_validate(page.to_wire())


class MeView(View):
    """The caller in this room."""

    person: str
    role: RoomRole
    grants: GrantsView


class PeerView(View):
    """A device in the room."""

    peer: str
    person: str
    name: str
    in_call: bool
    muted: list[Source]
    publishing: list[Source]
    hand: bool


class MessageView(View):
    """A message as it stands."""

    seq: int
    id: str
    client_id: str
    at: Instant
    sender: SenderView
    text: str
    urgent: bool
    edited: bool
    deleted: bool


class SnapshotView(View):
    """*Snapshot* of docs/protocol.md §4."""

    room: RoomView
    me: MeView
    members: list[MemberView]
    peers: list[PeerView]
    documents: list[DocumentView]
    messages: list[MessageView]
    receipts: dict[str, ReceiptView]
    seq: int

    @classmethod
    def of(cls, snapshot: Snapshot) -> SnapshotView:
        """The view of a snapshot."""
        return cls.model_validate(snapshot.to_wire())


class EventsQuery(Strict):
    """From where on."""

    after: Annotated[int, Field(ge=0, le=SEQ_LIMIT)] = 0
    limit: Annotated[int, Field(ge=1, le=EVENTS_LIMIT)] = EVENTS_LIMIT


class MessageBody(Strict):
    """A message; repeat it with the same `client_id` until it is answered."""

    client_id: Annotated[str, Field(min_length=1, max_length=CLIENT_ID_LIMIT)]
    text: Annotated[str, Field(min_length=1)]
    urgent: bool = False


class PostedView(View):
    """The event that a message became."""

    event: EventView


@routes.get("/api/v1/rooms/{id}/snapshot", answers={200: SnapshotView}, room_token=True)
async def snapshot(call: Call[Nothing, Nothing]) -> Answer:
    """The room in full at one point of its timeline."""
    taken = await call.services.timeline.snapshot(call.actor, call.path["id"])
    return Answer(200, SnapshotView.of(taken))


@routes.get(
    "/api/v1/rooms/{id}/events", query=EventsQuery, answers={200: EventsView}, room_token=True
)
async def events(call: Call[Nothing, EventsQuery]) -> Answer:
    """What happened after a seq."""
    page = await call.services.timeline.events(
        call.actor, call.path["id"], call.query.after, call.query.limit
    )
    return Answer(200, EventsView.of(page))


@routes.post(
    "/api/v1/rooms/{id}/messages",
    body=MessageBody,
    answers={201: PostedView, 200: PostedView},
    room_token=True,
    creates=True,
)
async def post(call: Call[MessageBody, Nothing]) -> Answer:
    """Post a message; a repeated `client_id` answers 200 with the first event."""
    body = call.body
    sent = await call.services.chat.send(
        call.actor, call.path["id"], body.client_id, body.text, urgent=body.urgent
    )
    status = 201 if sent.is_new else 200
    return Answer(status, PostedView(event=EventView.of(sent.event)))
