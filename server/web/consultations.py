"""Consultations of an expert centre."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from server.domain.consultations import REASON_LIMIT, Move, State
from server.domain.errors import NotFound
from server.domain.opinions import TEXT_LIMIT, Outcome
from server.domain.patients import IDENTIFIER_LIMIT, NAME_LIMIT
from server.services.consultation_views import Sight, summary
from server.services.consultations import PAGE_MOST, ConsultationsPage, Describe, Part
from server.web.calendars import calendar_of, calendar_response
from server.web.models import Instant, Nothing, Strict, View
from server.web.reports import PaperQuery, pdf_response
from server.web.routing import Answer, Call, Routes
from server.web.slots import Id, Named

routes = Routes("consultations")

Prose = Annotated[str, Field(max_length=TEXT_LIMIT)]
Words = Annotated[str, Field(min_length=1, max_length=TEXT_LIMIT)]
Reason = Annotated[str, Field(max_length=REASON_LIMIT)]


class PatientBody(Strict):
    """Who it is about, by two identifiers."""

    name: Annotated[str, Field(min_length=1, max_length=NAME_LIMIT)]
    birth_date: date
    identifier: Annotated[str, Field(min_length=1, max_length=IDENTIFIER_LIMIT)]


class DescribeBody(Strict):
    """A clinical case."""

    patient: PatientBody
    diagnosis: Words
    question: Words
    prior_treatment: Prose = ""

    def to_command(self) -> Describe:
        """The use case's command."""
        who = self.patient
        return Describe(
            who.name,
            who.birth_date,
            who.identifier,
            self.diagnosis,
            self.question,
            self.prior_treatment,
        )


class ListQuery(Strict):
    """Which consultations: by what the caller is in them, or the one of a room."""

    part: Part = Part.REQUESTER
    state: State | None = None
    cursor: Id | None = None
    limit: Annotated[int, Field(ge=1, le=PAGE_MOST)] = 50


class TextBody(Strict):
    """What is added."""

    text: Words


class SlotBody(Strict):
    """Which slot."""

    slot: Id


class ReasonBody(Strict):
    """Why not."""

    reason: Reason = ""


class PersonBody(Strict):
    """Whom."""

    person: Id


class OpinionBody(Strict):
    """One's own opinion."""

    text: Prose
    position: Outcome | None = None


class SynthesisBody(Strict):
    """The requester's conclusion."""

    text: Prose
    disagreement: Prose = ""
    outcome: Outcome | None = None


class PatientView(View):
    """*Patient* of docs/protocol.md."""

    id: str
    name: str
    birth_date: date
    identifier: str


class AppointmentView(View):
    """The slot that is booked."""

    slot: str
    centre: Named
    expert: Named
    starts_at: Instant
    minutes: int


class SummaryView(View):
    """A consultation in a list."""

    id: str
    room: str
    title: str
    state: State
    round: int
    requester: Named
    patient: PatientView
    appointment: AppointmentView | None
    outcome: Outcome | None
    created_at: Instant


class StepView(View):
    """One move."""

    move: Move
    at: Instant
    by: Named
    note: str


class DoctorView(View):
    """Whose opinion is asked."""

    person: str
    name: str
    qualification: str
    organisation: str
    is_expert: bool
    opinion: Literal["missing", "draft", "signed"]


class SignatureView(View):
    """Over which words, by whom, when."""

    name: str
    qualification: str
    at: Instant
    sha256: str


class OpinionView(View):
    """Signed, or one's own draft."""

    doctor: str
    round: int
    text: str
    position: Outcome | None
    signature: SignatureView | None


class SynthesisView(View):
    """Signed, or the requester's draft."""

    round: int
    text: str
    disagreement: str
    outcome: Outcome | None
    signature: SignatureView | None


class ConsultationView(SummaryView):
    """*Consultation* of docs/protocol.md."""

    diagnosis: str
    question: str
    prior_treatment: str
    documents_open: bool
    is_near: bool
    steps: list[StepView]
    doctors: list[DoctorView]
    opinions: list[OpinionView]
    syntheses: list[SynthesisView]
    may: list[str]

    @classmethod
    def of(cls, sight: Sight) -> ConsultationView:
        """The view of one person's sight."""
        return cls.model_validate(sight.to_wire())


class ConsultationsView(View):
    """A page of consultations."""

    items: list[SummaryView]
    next: str | None

    @classmethod
    def of(cls, page: ConsultationsPage) -> ConsultationsView:
        """The view of a page."""
        items = [
            SummaryView.model_validate(summary(one, page.patients[one.patient], page.organisations))
            for one in page.items
        ]
        return cls(items=items, next=page.next)


@routes.post(
    "/api/v1/consultations", body=DescribeBody, answers={201: ConsultationView}, creates=True
)
async def describe(call: Call[DescribeBody, Nothing]) -> Answer:
    """Describe a clinical case."""
    one = await call.services.care.consultations.describe(call.actor, call.body.to_command())
    return Answer(201, ConsultationView.of(one))


@routes.get("/api/v1/consultations", query=ListQuery, answers={200: ConsultationsView})
async def index(call: Call[Nothing, ListQuery]) -> Answer:
    """List consultations in which I play a part, newest first."""
    query = call.query
    states = frozenset({query.state} if query.state else State)
    page = await call.services.care.consultations.list(
        call.actor, query.part, states, query.cursor, query.limit
    )
    return Answer(200, ConsultationsView.of(page))


@routes.get("/api/v1/consultations/{id}", answers={200: ConsultationView})
async def show(call: Call[Nothing, Nothing]) -> Answer:
    """Show a consultation."""
    one = await call.services.care.consultations.get(call.actor, call.path["id"])
    return Answer(200, ConsultationView.of(one))


@routes.get("/api/v1/rooms/{id}/consultation", answers={200: ConsultationView})
async def of_room(call: Call[Nothing, Nothing]) -> Answer:
    """Show the consultation of a room."""
    one = await call.services.care.consultations.of_room(call.actor, call.path["id"])
    return Answer(200, ConsultationView.of(one))


@routes.post(
    "/api/v1/consultations/{id}/supplements", body=TextBody, answers={200: ConsultationView}
)
async def supplement(call: Call[TextBody, Nothing]) -> Answer:
    """Add to my case."""
    one = await call.services.care.consultations.supplement(
        call.actor, call.path["id"], call.body.text
    )
    return Answer(200, ConsultationView.of(one))


@routes.post("/api/v1/consultations/{id}/book", body=SlotBody, answers={200: ConsultationView})
async def book(call: Call[SlotBody, Nothing]) -> Answer:
    """Book a slot for my case, instead of a former one too."""
    one = await call.services.care.appointments.book(call.actor, call.path["id"], call.body.slot)
    return Answer(200, ConsultationView.of(one))


@routes.post("/api/v1/consultations/{id}/release", answers={200: ConsultationView})
async def release(call: Call[Nothing, Nothing]) -> Answer:
    """Give my appointment up and keep the case."""
    one = await call.services.care.appointments.release(call.actor, call.path["id"])
    return Answer(200, ConsultationView.of(one))


@routes.post("/api/v1/consultations/{id}/cancel", body=ReasonBody, answers={200: ConsultationView})
async def cancel(call: Call[ReasonBody, Nothing]) -> Answer:
    """Take my case back."""
    one = await call.services.care.consultations.cancel(
        call.actor, call.path["id"], call.body.reason
    )
    return Answer(200, ConsultationView.of(one))


@routes.post("/api/v1/consultations/{id}/confirm", answers={200: ConsultationView})
async def confirm(call: Call[Nothing, Nothing]) -> Answer:
    """Confirm an appointment for my centre; documents may be shared from now on."""
    one = await call.services.care.appointments.confirm(call.actor, call.path["id"])
    return Answer(200, ConsultationView.of(one))


@routes.post("/api/v1/consultations/{id}/decline", body=ReasonBody, answers={200: ConsultationView})
async def decline(call: Call[ReasonBody, Nothing]) -> Answer:
    """Decline an appointment for my centre, with a reason."""
    one = await call.services.care.appointments.decline(
        call.actor, call.path["id"], call.body.reason
    )
    return Answer(200, ConsultationView.of(one))


@routes.post("/api/v1/consultations/{id}/doctors", body=PersonBody, answers={200: ConsultationView})
async def invite(call: Call[PersonBody, Nothing]) -> Answer:
    """Ask one more doctor's opinion."""
    one = await call.services.care.opinions.invite(call.actor, call.path["id"], call.body.person)
    return Answer(200, ConsultationView.of(one))


@routes.delete("/api/v1/consultations/{id}/doctors/{person}", answers={200: ConsultationView})
async def dismiss(call: Call[Nothing, Nothing]) -> Answer:
    """Do without an invited doctor's opinion."""
    one = await call.services.care.opinions.dismiss(
        call.actor, call.path["id"], call.path["person"]
    )
    return Answer(200, ConsultationView.of(one))


@routes.put("/api/v1/consultations/{id}/opinion", body=OpinionBody, answers={200: ConsultationView})
async def write(call: Call[OpinionBody, Nothing]) -> Answer:
    """Keep a draft of my opinion; nobody else reads it."""
    one = await call.services.care.opinions.write(
        call.actor, call.path["id"], call.body.text, call.body.position
    )
    return Answer(200, ConsultationView.of(one))


@routes.post(
    "/api/v1/consultations/{id}/opinion/sign", body=OpinionBody, answers={200: ConsultationView}
)
async def sign(call: Call[OpinionBody, Nothing]) -> Answer:
    """Sign my opinion; it cannot be changed afterwards."""
    one = await call.services.care.opinions.write(
        call.actor, call.path["id"], call.body.text, call.body.position, sign=True
    )
    return Answer(200, ConsultationView.of(one))


@routes.put(
    "/api/v1/consultations/{id}/synthesis", body=SynthesisBody, answers={200: ConsultationView}
)
async def synthesise(call: Call[SynthesisBody, Nothing]) -> Answer:
    """Keep a draft of my synthesis."""
    body = call.body
    one = await call.services.care.opinions.synthesise(
        call.actor, call.path["id"], body.text, body.disagreement, body.outcome
    )
    return Answer(200, ConsultationView.of(one))


@routes.post(
    "/api/v1/consultations/{id}/synthesis/finalise",
    body=SynthesisBody,
    answers={200: ConsultationView},
)
async def finalise(call: Call[SynthesisBody, Nothing]) -> Answer:
    """Finalise my synthesis; blocked while an opinion is missing."""
    body = call.body
    one = await call.services.care.opinions.synthesise(
        call.actor, call.path["id"], body.text, body.disagreement, body.outcome, final=True
    )
    return Answer(200, ConsultationView.of(one))


@routes.get("/api/v1/consultations/{id}/pdf", query=PaperQuery, answers={200: None})
async def paper(call: Call[Nothing, PaperQuery]) -> web.StreamResponse:
    """Download the report as PDF: opinions, synthesis, outcome, signatures."""
    one = call.path["id"]
    papers = call.services.care.consultation_papers
    return pdf_response(
        await papers.paper(call.actor, one, call.query.locale), f"consultation-{one}.pdf"
    )


@routes.get("/api/v1/consultations/{id}/calendar", answers={200: None})
async def calendar(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """Download the appointment as a calendar file."""
    sight = await call.services.care.consultations.get(call.actor, call.path["id"])
    one = sight.seen.consultation
    if one.appointment is None:
        raise NotFound("There is no appointment.")
    centre = sight.organisations.get(one.appointment.centre, "")
    place = str(call.request.url.origin() / "consultations" / one.id)
    return calendar_response(
        calendar_of(one, centre, sight.now, place), f"consultation-{one.id}.ics"
    )
