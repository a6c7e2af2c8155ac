"""Televisits over HTTP."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from server.domain.errors import Invalid
from server.domain.memberships import NAME_LIMIT as GUEST_NAME_LIMIT
from server.domain.patients import IDENTIFIER_LIMIT, NAME_LIMIT
from server.domain.televisit_records import (
    WORDS_LIMIT,
    Guest,
    Manner,
    Quality,
    Verdict,
)
from server.domain.televisits import MINUTES_LEAST, MINUTES_MOST, State
from server.services.televisit_views import Sight, summary
from server.services.televisits import Agenda, Schedule
from server.web.models import Instant, Nothing, Strict, View
from server.web.rooms import When
from server.web.routing import Answer, Call, Routes

routes = Routes("televisits")

Note = Annotated[str, Field(max_length=WORDS_LIMIT)]


class PatientBody(Strict):
    """Who is seen, by two identifiers."""

    name: Annotated[str, Field(min_length=1, max_length=NAME_LIMIT)]
    birth_date: date
    identifier: Annotated[str, Field(min_length=1, max_length=IDENTIFIER_LIMIT)]


class ScheduleBody(Strict):
    """A new visit in my agenda."""

    patient: PatientBody
    starts_at: When
    duration_minutes: Annotated[int, Field(ge=MINUTES_LEAST, le=MINUTES_MOST)] = 30
    reason: Annotated[str, Field(min_length=1, max_length=WORDS_LIMIT)]

    def to_command(self) -> Schedule:
        """The use case's command."""
        who = self.patient
        return Schedule(
            who.name,
            who.birth_date,
            who.identifier,
            self.starts_at,
            self.duration_minutes,
            self.reason,
        )


class AgendaQuery(Strict):
    """Which visits: mine that begin in an interval, or the one of a room."""

    since: When | None = None
    until: When | None = None
    room: Annotated[str, Field(max_length=80)] | None = None


class LinkBody(Strict):
    """Whom the link is for; a caregiver is named, a patient goes by initials."""

    guest: Guest = Guest.PATIENT
    name: Annotated[str, Field(min_length=1, max_length=GUEST_NAME_LIMIT)] | None = None


class IdentifyBody(Strict):
    """Both identifiers were compared with what the patient said or showed."""

    identifiers_checked: Literal[True]
    document_seen: bool = False


class ConsentBody(Strict):
    """Whether the patient, or who speaks for the patient, agrees to a televisit."""

    given: bool
    by: Guest = Guest.PATIENT
    how: Manner = Manner.SPOKEN


class ConcludeBody(Strict):
    """What the visit was worth; the report cannot be signed without the first two."""

    link_quality: Quality | None = None
    suitable: bool | None = None
    note: Note = ""

    @model_validator(mode="after")
    def _explained(self) -> ConcludeBody:
        if self.suitable is False and not self.note.strip():
            raise ValueError("Say in the note why the remote visit was not suitable.")
        return self

    def to_verdict(self) -> Verdict:
        """As the domain has it."""
        return Verdict(self.link_quality, self.suitable, self.note)


class Named(View):
    """A person with a name to show."""

    id: str
    name: str


class PatientView(View):
    """*Patient* of docs/protocol.md."""

    id: str
    name: str
    birth_date: date
    identifier: str


class SummaryView(View):
    """A televisit in the agenda."""

    id: str
    room: str
    title: str
    state: State
    clinician: Named
    patient: PatientView
    reason: str
    starts_at: Instant
    duration_minutes: int
    arrived_at: Instant | None
    started_at: Instant | None
    concluded_at: Instant | None


class IdentificationView(View):
    """Who checked the identity, when."""

    by: str
    at: Instant
    document_seen: bool


class ConsentView(View):
    """Who agreed or did not, how, when."""

    given: bool
    by: Guest
    how: Manner
    recorded_by: str
    at: Instant


class MeasuredView(View):
    """The link as it was measured."""

    score: float
    rtt_ms: float
    loss: float


class LinkView(View):
    """A link, without its code."""

    invitation: str
    guest: Guest
    name: str
    expires_at: Instant
    used_at: Instant | None
    revoked_at: Instant | None


class NewLinkView(View):
    """A new link, which is shown only now."""

    invitation: str
    guest: Guest
    name: str
    expires_at: Instant
    link: str


class GuestView(View):
    """Who came by a link, and whether the guest still waits."""

    person: str
    name: str
    guest: Guest | None
    state: str


class TelevisitView(SummaryView):
    """*Televisit* of docs/protocol.md."""

    identity: IdentificationView | None
    consent: ConsentView | None
    link_quality: Quality | None
    suitable: bool | None
    note: str
    measured: MeasuredView | None
    report: str | None
    links: list[LinkView]
    guests: list[GuestView]
    may: list[str]

    @classmethod
    def of(cls, sight: Sight) -> TelevisitView:
        """The view of one person's sight."""
        return cls.model_validate(sight.to_wire())


class TelevisitsView(View):
    """Earliest first."""

    items: list[SummaryView]

    @classmethod
    def of(cls, agenda: Agenda) -> TelevisitsView:
        """The view of an agenda."""
        return cls.model_validate(
            {"items": [summary(one, agenda.patients[one.patient]) for one in agenda.items]}
        )


@routes.post("/api/v1/televisits", body=ScheduleBody, answers={201: TelevisitView}, creates=True)
async def schedule(call: Call[ScheduleBody, Nothing]) -> Answer:
    """Put a televisit into my agenda and open its room."""
    one = await call.services.care.televisits.schedule(call.actor, call.body.to_command())
    return Answer(201, TelevisitView.of(one))


@routes.get("/api/v1/televisits", query=AgendaQuery, answers={200: TelevisitsView})
async def agenda(call: Call[Nothing, AgendaQuery]) -> Answer:
    """List my televisits that begin in an interval (without one: the next 24 hours)."""
    televisits, query = call.services.care.televisits, call.query
    if query.room is not None:
        return Answer(200, TelevisitsView.of(await televisits.of_room(call.actor, query.room)))
    since = query.since or call.services.clock.now()
    try:
        until = query.until or since + timedelta(days=1)
    except OverflowError as error:
        raise Invalid("This is out of reach.", path="since") from error
    return Answer(200, TelevisitsView.of(await televisits.agenda(call.actor, since, until)))


@routes.get("/api/v1/televisits/{id}", answers={200: TelevisitView})
async def show(call: Call[Nothing, Nothing]) -> Answer:
    """Show a televisit."""
    one = await call.services.care.televisits.get(call.actor, call.path["id"])
    return Answer(200, TelevisitView.of(one))


@routes.post("/api/v1/televisits/{id}/links", body=LinkBody, answers={201: NewLinkView})
async def link(call: Call[LinkBody, Nothing]) -> Answer:
    """Make the single-use link of the patient or a caregiver; a former one ends.

    `Idempotency-Key` is not kept here: the answer holds a secret, and a new link replaces it.
    """
    body = call.body
    made = await call.services.care.televisit_links.create(
        call.actor, call.path["id"], body.guest, body.name
    )
    invitation = made.invitation
    view = NewLinkView(
        invitation=invitation.id,
        guest=body.guest,
        name=invitation.name,
        expires_at=invitation.expires_at,
        link=made.link,
    )
    return Answer(201, view)


@routes.post("/api/v1/televisits/{id}/identify", body=IdentifyBody, answers={200: TelevisitView})
async def identify(call: Call[IdentifyBody, Nothing]) -> Answer:
    """Confirm that both identifiers are this patient's."""
    one = await call.services.care.televisits.identify(
        call.actor, call.path["id"], document_seen=call.body.document_seen
    )
    return Answer(200, TelevisitView.of(one))


@routes.post("/api/v1/televisits/{id}/consent", body=ConsentBody, answers={200: TelevisitView})
async def consent(call: Call[ConsentBody, Nothing]) -> Answer:
    """Record consent to the televisit, or its refusal."""
    body = call.body
    one = await call.services.care.televisits.consent(
        call.actor, call.path["id"], given=body.given, by=body.by, how=body.how
    )
    return Answer(200, TelevisitView.of(one))


@routes.post("/api/v1/televisits/{id}/begin", answers={200: TelevisitView})
async def begin(call: Call[Nothing, Nothing]) -> Answer:
    """Begin: identity and consent are recorded."""
    one = await call.services.care.televisits.begin(call.actor, call.path["id"])
    return Answer(200, TelevisitView.of(one))


@routes.post("/api/v1/televisits/{id}/conclude", body=ConcludeBody, answers={200: TelevisitView})
async def conclude(call: Call[ConcludeBody, Nothing]) -> Answer:
    """Conclude, or complete what I said of the visit; its report starts."""
    one = await call.services.care.televisits.conclude(
        call.actor, call.path["id"], call.body.to_verdict()
    )
    return Answer(200, TelevisitView.of(one))


@routes.post("/api/v1/televisits/{id}/cancel", answers={200: TelevisitView})
async def cancel(call: Call[Nothing, Nothing]) -> Answer:
    """Cancel a televisit that has not begun."""
    one = await call.services.care.televisits.cancel(call.actor, call.path["id"])
    return Answer(200, TelevisitView.of(one))


@routes.post("/api/v1/televisits/{id}/not-attended", answers={200: TelevisitView})
async def not_attended(call: Call[Nothing, Nothing]) -> Answer:
    """Record that the patient did not come."""
    one = await call.services.care.televisits.not_attended(call.actor, call.path["id"])
    return Answer(200, TelevisitView.of(one))
