"""Guard requests over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from server.domain.contact_messages import MessageState
from server.domain.guard import (
    AGE_LIMIT,
    CALL_BACK_LIMIT,
    DETAIL_LIMIT,
    QUESTION_LIMIT,
    REASON_LIMIT,
    Priority,
    Question,
    State,
)
from server.domain.guard_justification import PROTOCOL_LIMIT, Verdict
from server.domain.guard_results import Unheard
from server.domain.patients import Identity
from server.services.guard_requests import FileRequest
from server.web.board_cases import PatientBody
from server.web.board_models import PatientView
from server.web.models import Instant, Nothing, Strict, View
from server.web.routing import Answer, Call, Routes

routes = Routes("guard")

Id = Annotated[str, Field(min_length=1, max_length=80)]
Detail = Annotated[str, Field(max_length=DETAIL_LIMIT)]


class FileBody(Strict):
    """What is asked, about whom."""

    service: Id
    priority: Priority
    patient: PatientBody
    question: Annotated[str, Field(min_length=1, max_length=QUESTION_LIMIT)]
    age: Annotated[int, Field(ge=0, le=AGE_LIMIT)] | None = None
    allergy: Detail | None = None
    creatinine: Detail | None = None
    call_back: Annotated[str, Field(min_length=1, max_length=CALL_BACK_LIMIT)]
    wants_call: bool
    justify_first: bool = False

    def to_command(self, today: date) -> FileRequest:
        """The use case's command. Raises Invalid."""
        who = self.patient
        identity = Identity.of(who.name, who.birth_date, who.identifier, today)
        question = Question(
            self.priority,
            self.question,
            self.call_back,
            self.wants_call,
            self.age,
            self.allergy,
            self.creatinine,
            self.justify_first,
        )
        return FileRequest(self.service, identity, question)


class RequestsQuery(Strict):
    """Which requests: mine (what no word means), those I may accept, or a room's."""

    mine: bool = False
    queue: bool = False
    room: Id | None = None
    state: State | None = None
    cursor: Id | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class ReasonBody(Strict):
    """Why."""

    reason: Annotated[str, Field(min_length=1, max_length=REASON_LIMIT)]


class ReferBody(Strict):
    """To whom."""

    person: Id


class AskBody(Strict):
    """What more must be known."""

    text: Annotated[str, Field(min_length=1, max_length=REASON_LIMIT)]


class OpenBody(Strict):
    """Whether the requester was called by phone instead of in the room."""

    by_phone: bool = False


class JustifyBody(Strict):
    """Whether the exam is done; the protocol, the reason or what to do instead."""

    verdict: Verdict
    text: Annotated[str, Field(max_length=PROTOCOL_LIMIT)] = ""


class PersonView(View):
    """Somebody."""

    id: str
    name: str


class NotificationView(View):
    """What became of an alert on one device."""

    person: str
    name: str
    step: int
    channel: str
    device: str | None
    ready: bool
    state: MessageState | None
    notified_at: Instant
    delivered_at: Instant | None
    seen_at: Instant | None
    outcome: str | None


class JustificationView(View):
    """*Justification* of docs/protocol.md."""

    verdict: Verdict
    text: str
    by: PersonView
    at: Instant


class EntryView(View):
    """One event of the request's life."""

    at: Instant
    type: str
    data: dict[str, Any]
    person_name: str | None


class RequestView(View):
    """*Request* of docs/protocol.md."""

    id: str
    number: int
    room: str
    service: str
    service_name: str
    modality: str
    state: State
    priority: Priority
    patient: PatientView
    question: str
    age: int | None
    allergy: str | None
    creatinine: str | None
    call_back: str
    wants_call: bool
    justify_first: bool
    justification: JustificationView | None
    exam_done_at: Instant | None
    requester: PersonView
    organisation_name: str | None
    created_at: Instant
    step: int
    next_at: Instant | None
    accepted_by: PersonView | None
    accepted_at: Instant | None
    referred_to: str | None
    report: str | None
    report_state: str | None
    unheard: Unheard | None
    hear_round: int
    hear_to: PersonView | None
    no_cover: bool
    phone: str
    notifications: list[NotificationView]
    log: list[EntryView]
    version: int

    @classmethod
    def of(cls, wire: dict[str, Any]) -> RequestView:
        """The view of a request."""
        return cls.model_validate(wire)


class RequestsView(View):
    """A page of requests, without their logs."""

    items: list[RequestView]
    next: str | None


class AlertView(View):
    """What must sound for me now, and why; not who the patient is."""

    request: str
    room: str
    service_name: str
    modality: str
    priority: Priority
    step: int
    at: Instant
    alerted_at: Instant
    silent_on: list[str]
    age: int | None
    question: str
    allergy: str | None
    creatinine: str | None
    call_back: str
    wants_call: bool
    requester_name: str


class AlertsView(View):
    """The most urgent first, then the oldest."""

    items: list[AlertView]


@routes.post("/api/v1/guard/requests", body=FileBody, answers={201: RequestView}, creates=True)
async def create(call: Call[FileBody, Nothing]) -> Answer:
    """Ask whoever is on guard."""
    command = call.body.to_command(call.services.clock.now().date())
    made = await call.services.care.guard.requests.file(call.actor, command)
    return Answer(201, RequestView.of(made))


@routes.get("/api/v1/guard/requests", query=RequestsQuery, answers={200: RequestsView})
async def index(call: Call[Nothing, RequestsQuery]) -> Answer:
    """List requests: mine, those I may accept, or a room's."""
    requests, query = call.services.care.guard.requests, call.query
    following: str | None = None
    if query.room is not None:
        found = await requests.of_room(call.actor, query.room)
    elif query.queue:
        found = await requests.queue(call.actor, query.state)
    else:
        found, following = await requests.mine(call.actor, query.state, query.cursor, query.limit)
    items = [RequestView.of(one) for one in found]
    return Answer(200, RequestsView(items=items, next=following))


@routes.get("/api/v1/guard/requests/{id}", answers={200: RequestView})
async def show(call: Call[Nothing, Nothing]) -> Answer:
    """Describe a request and its life."""
    found = await call.services.care.guard.requests.get(call.actor, call.path["id"])
    return Answer(200, RequestView.of(found))


@routes.post("/api/v1/guard/requests/{id}/accept", answers={200: RequestView})
async def accept(call: Call[Nothing, Nothing]) -> Answer:
    """Take a request on; the first wins."""
    accepted = await call.services.care.guard.acceptance.accept(call.actor, call.path["id"])
    return Answer(200, RequestView.of(accepted))


@routes.post("/api/v1/guard/requests/{id}/open", body=OpenBody, answers={200: RequestView})
async def open_case(call: Call[OpenBody, Nothing]) -> Answer:
    """Work on a request that I accepted."""
    opened = await call.services.care.guard.acceptance.open(
        call.actor, call.path["id"], by_phone=call.body.by_phone
    )
    return Answer(200, RequestView.of(opened))


@routes.post("/api/v1/guard/requests/{id}/release", body=ReasonBody, answers={200: RequestView})
async def release(call: Call[ReasonBody, Nothing]) -> Answer:
    """Give a request back to whoever is on guard."""
    acceptance = call.services.care.guard.acceptance
    released = await acceptance.release(call.actor, call.path["id"], call.body.reason)
    return Answer(200, RequestView.of(released))


@routes.post("/api/v1/guard/requests/{id}/refer", body=ReferBody, answers={200: RequestView})
async def refer(call: Call[ReferBody, Nothing]) -> Answer:
    """Ask a colleague to take a request on."""
    acceptance = call.services.care.guard.acceptance
    referred = await acceptance.refer(call.actor, call.path["id"], call.body.person)
    return Answer(200, RequestView.of(referred))


@routes.post("/api/v1/guard/requests/{id}/ask", body=AskBody, answers={200: RequestView})
async def ask(call: Call[AskBody, Nothing]) -> Answer:
    """Ask the requester for more."""
    acceptance = call.services.care.guard.acceptance
    asked = await acceptance.ask(call.actor, call.path["id"], call.body.text)
    return Answer(200, RequestView.of(asked))


@routes.post("/api/v1/guard/requests/{id}/justify", body=JustifyBody, answers={200: RequestView})
async def justify(call: Call[JustifyBody, Nothing]) -> Answer:
    """Say whether the exam is justified, before it is done."""
    acceptance, body = call.services.care.guard.acceptance, call.body
    answered = await acceptance.justify(call.actor, call.path["id"], body.verdict, body.text)
    return Answer(200, RequestView.of(answered))


@routes.post("/api/v1/guard/requests/{id}/exam-done", answers={200: RequestView})
async def exam_done(call: Call[Nothing, Nothing]) -> Answer:
    """Say that the exam which waited for its justification is done."""
    done = await call.services.care.guard.acceptance.exam_done(call.actor, call.path["id"])
    return Answer(200, RequestView.of(done))


@routes.post("/api/v1/guard/requests/{id}/cancel", body=ReasonBody, answers={200: RequestView})
async def cancel(call: Call[ReasonBody, Nothing]) -> Answer:
    """Withdraw a request that I made."""
    requests = call.services.care.guard.requests
    cancelled = await requests.cancel(call.actor, call.path["id"], call.body.reason)
    return Answer(200, RequestView.of(cancelled))


@routes.post("/api/v1/guard/requests/{id}/acknowledge", answers={200: RequestView})
async def acknowledge(call: Call[Nothing, Nothing]) -> Answer:
    """Say that I read the final report of a request that I made."""
    closed = await call.services.care.guard.requests.acknowledge(call.actor, call.path["id"])
    return Answer(200, RequestView.of(closed))


@routes.get("/api/v1/guard/alerts", answers={200: AlertsView})
async def alerts(call: Call[Nothing, Nothing]) -> Answer:
    """What must sound for me now."""
    found = await call.services.care.guard.consoles.alerts(call.actor)
    return Answer(200, AlertsView(items=[AlertView.model_validate(one) for one in found]))
