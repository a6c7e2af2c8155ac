"""Threads over HTTP: writing to a role."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from server.domain.accounts import User
from server.domain.chat import CLIENT_ID_LIMIT
from server.domain.threads import REPEAT_DEFAULT_S, REPEAT_RANGE_S
from server.services.threads import OpenThread, ThreadSheet
from server.services.timeline import SEQ_LIMIT
from server.web.models import Instant, Nothing, Strict, View
from server.web.routing import Answer, Call, Routes

routes = Routes("threads")


class OpenBody(Strict):
    """To which role; with `text`, that is the first message."""

    rota: Annotated[str, Field(min_length=1, max_length=80)]
    client_id: Annotated[str, Field(min_length=1, max_length=CLIENT_ID_LIMIT)]
    text: Annotated[str, Field(min_length=1)] | None = None
    urgent: bool = False
    repeat_s: Annotated[int, Field(ge=REPEAT_RANGE_S[0], le=REPEAT_RANGE_S[1])] = REPEAT_DEFAULT_S

    def to_command(self) -> OpenThread:
        """The use case's command."""
        return OpenThread(self.rota, self.client_id, self.text, self.urgent, self.repeat_s)


class AcknowledgeBody(Strict):
    """Up to which message."""

    seq: Annotated[int, Field(ge=1, le=SEQ_LIMIT)]


class PersonView(View):
    """Somebody."""

    id: str
    name: str


class ProgressView(View):
    """How far a member other than the last message's sender got with it."""

    person: str
    name: str
    received: bool
    read: bool


class LastView(View):
    """The last message."""

    seq: int
    at: Instant
    sender: PersonView
    text: str
    urgent: bool
    deleted: bool


class UrgentView(View):
    """An urgent message that waits; `reminders` were sent since."""

    message: int
    at: Instant
    reminders: int
    reminded_at: Instant | None


class AcknowledgedView(View):
    """Who has it, up to which message."""

    message: int
    at: Instant
    by: PersonView


class ThreadView(View):
    """*Thread* of docs/protocol.md; its id is its room's."""

    id: str
    rota: str
    rota_name: str
    phone: str
    second_phone: str | None
    opener: PersonView
    created_at: Instant
    repeat_s: int
    holder: PersonView | None
    until: Instant | None
    backup: PersonView | None
    escalated_at: Instant | None
    last: LastView | None
    unread: bool
    progress: list[ProgressView]
    urgent: UrgentView | None
    acknowledged: AcknowledgedView | None
    may_acknowledge: bool
    closed: bool

    @classmethod
    def of(cls, sheet: ThreadSheet) -> ThreadView:
        """The view of a thread."""
        thread, rota = sheet.stored.thread, sheet.rota
        return cls(
            id=thread.room,
            rota=rota.id,
            rota_name=rota.name,
            phone=rota.phone,
            second_phone=sheet.second.phone if sheet.second else None,
            opener=_named(sheet, thread.opener),
            created_at=thread.created_at,
            repeat_s=thread.repeat_s,
            holder=_person(sheet, thread.holder),
            until=sheet.until,
            backup=_person(sheet, thread.backup),
            escalated_at=thread.escalated_at,
            last=_last(sheet),
            unread=_is_unread(sheet),
            progress=_progress(sheet),
            urgent=_urgent(sheet),
            acknowledged=_acknowledged(sheet),
            may_acknowledge=thread.is_outstanding and sheet.me in thread.on_duty,
            closed=sheet.stored.closed,
        )


class ThreadsView(View):
    """The latest activity first."""

    items: list[ThreadView]


def _named(sheet: ThreadSheet, person: str) -> PersonView:
    user: User | None = sheet.people.get(person)
    return PersonView(id=person, name=user.name if user else "")


def _person(sheet: ThreadSheet, person: str | None) -> PersonView | None:
    return None if person is None else _named(sheet, person)


def _last(sheet: ThreadSheet) -> LastView | None:
    last = sheet.stored.last
    if last is None:
        return None
    sender = PersonView(id=last.sender.id, name=last.sender.name)
    return LastView(
        seq=last.seq,
        at=last.at,
        sender=sender,
        text=last.text,
        urgent=last.urgent,
        deleted=last.deleted,
    )


def _is_unread(sheet: ThreadSheet) -> bool:
    last = sheet.stored.last
    if last is None or last.sender.id == sheet.me:
        return False
    return any(one.person == sheet.me and one.read < last.seq for one in sheet.members)


def _progress(sheet: ThreadSheet) -> list[ProgressView]:
    last = sheet.stored.last
    if last is None:
        return []
    return [
        ProgressView(
            person=one.person,
            name=one.name,
            received=one.delivered >= last.seq,
            read=one.read >= last.seq,
        )
        for one in sheet.members
        if one.person != last.sender.id
    ]


def _urgent(sheet: ThreadSheet) -> UrgentView | None:
    thread = sheet.stored.thread
    if not thread.is_outstanding or thread.urgent_at is None:
        return None
    return UrgentView(
        message=thread.urgent,
        at=thread.urgent_at,
        reminders=thread.reminders,
        reminded_at=thread.reminded_at,
    )


def _acknowledged(sheet: ThreadSheet) -> AcknowledgedView | None:
    thread = sheet.stored.thread
    if thread.acknowledged_by is None or thread.acknowledged_at is None:
        return None
    by = _named(sheet, thread.acknowledged_by)
    return AcknowledgedView(message=thread.acknowledged, at=thread.acknowledged_at, by=by)


@routes.get("/api/v1/threads", answers={200: ThreadsView})
async def index(call: Call[Nothing, Nothing]) -> Answer:
    """List my threads and those of roles I hold."""
    sheets = await call.services.care.threads.mine(call.actor)
    return Answer(200, ThreadsView(items=[ThreadView.of(sheet) for sheet in sheets]))


@routes.post("/api/v1/threads", body=OpenBody, answers={201: ThreadView}, creates=True)
async def create(call: Call[OpenBody, Nothing]) -> Answer:
    """Write to a role."""
    sheet = await call.services.care.threads.open(call.actor, call.body.to_command())
    return Answer(201, ThreadView.of(sheet))


@routes.get("/api/v1/threads/{id}", answers={200: ThreadView})
async def show(call: Call[Nothing, Nothing]) -> Answer:
    """Describe a thread."""
    sheet = await call.services.care.threads.get(call.actor, call.path["id"])
    return Answer(200, ThreadView.of(sheet))


@routes.post("/api/v1/threads/{id}/received", body=AcknowledgeBody, answers={200: ThreadView})
async def received(call: Call[AcknowledgeBody, Nothing]) -> Answer:
    """Say that a message reached this person's device."""
    threads = call.services.care.threads
    sheet = await threads.received(call.actor, call.path["id"], call.body.seq)
    return Answer(200, ThreadView.of(sheet))


@routes.post("/api/v1/threads/{id}/acknowledge", body=AcknowledgeBody, answers={200: ThreadView})
async def acknowledge(call: Call[AcknowledgeBody, Nothing]) -> Answer:
    """Have it, as whoever holds the role."""
    threads = call.services.care.threads
    sheet = await threads.acknowledge(call.actor, call.path["id"], call.body.seq)
    return Answer(200, ThreadView.of(sheet))


@routes.post("/api/v1/threads/{id}/escalate", answers={200: ThreadView})
async def escalate(call: Call[Nothing, Nothing]) -> Answer:
    """Ask the second person too."""
    sheet = await call.services.care.threads.escalate(call.actor, call.path["id"])
    return Answer(200, ThreadView.of(sheet))


@routes.post("/api/v1/threads/{id}/close", answers={200: ThreadView})
async def close(call: Call[Nothing, Nothing]) -> Answer:
    """Settle a thread."""
    sheet = await call.services.care.threads.close(call.actor, call.path["id"])
    return Answer(200, ThreadView.of(sheet))
