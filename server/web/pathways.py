"""Pathways over HTTP: opened, listed, handed over, closed."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from server.domain.pathway_templates import Mode, Performer
from server.domain.pathway_visits import VisitState
from server.domain.pathways import SUMMARY_LIMIT, Ability, PathwayState
from server.domain.patients import IDENTIFIER_LIMIT, NAME_LIMIT
from server.services.pathway_views import PathwayDetail, PathwayRow
from server.services.pathways import TEAM_LIMIT, OpenPathway
from server.web.accounts import Text
from server.web.models import Instant, Nothing, Strict, View
from server.web.routing import Answer, Call, Routes

routes = Routes("pathways")

Id = Annotated[Text, Field(min_length=1, max_length=80)]


class PathwayPatientBody(Strict):
    """Whose follow-up, by two identifiers."""

    name: Annotated[str, Field(min_length=1, max_length=NAME_LIMIT)]
    birth_date: date
    identifier: Annotated[str, Field(min_length=1, max_length=IDENTIFIER_LIMIT)]


class OpenPathwayBody(Strict):
    """A follow-up to open at discharge."""

    patient: PathwayPatientBody
    template: Id
    discharged_on: date
    gp: Id | None = None
    team: Annotated[list[Id], Field(max_length=TEAM_LIMIT, default_factory=list)]
    hospital: Id | None = None

    def to_command(self) -> OpenPathway:
        """The use case's command."""
        who = self.patient
        return OpenPathway(
            self.template,
            who.name,
            who.birth_date,
            who.identifier,
            self.discharged_on,
            self.gp,
            self.team,
            self.hospital,
        )


class PathwaysQuery(Strict):
    """Which pathways; `q` is part of a code or a name, never a patient's: addresses are logged."""

    q: Annotated[Text, Field(max_length=100)] = ""
    state: PathwayState | None = None
    room: Id | None = None
    cursor: Id | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class HandoverBody(Strict):
    """To whom, and what they must know."""

    organisation: Id
    summary: Annotated[str, Field(min_length=1, max_length=SUMMARY_LIMIT)]


class PathwayPatientView(View):
    """Whose follow-up."""

    id: str
    name: str
    birth_date: date
    identifier: str


class PathwayRowView(View):
    """*PathwayRow* of docs/protocol.md."""

    id: str
    code: str
    title: str
    room: str
    state: PathwayState
    hospital: str
    hospital_name: str
    responsible: str
    responsible_name: str
    zone: str
    discharged_on: date
    opened_at: Instant
    closed_at: Instant | None
    patient: PathwayPatientView
    visits_count: int
    visits_done: int
    visits_overdue: int

    @classmethod
    def of(cls, row: PathwayRow) -> PathwayRowView:
        """The view of a line."""
        return cls.model_validate(row.to_wire())


class VisitView(View):
    """*Visit* of docs/protocol.md."""

    id: str
    title: str
    mode: Mode
    performer: Performer
    specialty: str | None
    target: date
    first: date
    last: date
    state: VisitState
    appointment: Instant | None
    place: str | None
    reason: str | None
    taken_at: Instant | None
    held_on: date | None
    overdue_at: Instant | None
    on_time: bool | None


class HandoverView(View):
    """*Handover* of docs/protocol.md."""

    id: str
    origin: str
    origin_name: str
    target: str
    target_name: str
    summary: str
    offered_by: str
    offered_by_name: str
    offered_at: Instant
    acknowledged_by: str | None
    acknowledged_by_name: str | None
    acknowledged_at: Instant | None


class PathwayView(PathwayRowView):
    """*Pathway* of docs/protocol.md."""

    gp: str | None
    gp_name: str | None
    in_room: bool
    may: list[Ability]
    visits: list[VisitView]
    handover: HandoverView | None

    @classmethod
    def shown(cls, detail: PathwayDetail) -> PathwayView:
        """The view of a pathway before one person."""
        return cls.model_validate(detail.to_wire())


class PathwaysView(View):
    """A page, newest first."""

    items: list[PathwayRowView]
    next: str | None


@routes.post("/api/v1/pathways", body=OpenPathwayBody, answers={201: PathwayView}, creates=True)
async def open_(call: Call[OpenPathwayBody, Nothing]) -> Answer:
    """Open a pathway at discharge (case managers)."""
    pathways = call.services.care.follow_up.pathways
    return Answer(201, PathwayView.shown(await pathways.open(call.actor, call.body.to_command())))


@routes.get("/api/v1/pathways", query=PathwaysQuery, answers={200: PathwaysView})
async def index(call: Call[Nothing, PathwaysQuery]) -> Answer:
    """The caller's pathways, newest first."""
    query = call.query
    found, following = await call.services.care.follow_up.pathways.page(
        call.actor,
        text=query.q,
        state=query.state,
        room=query.room,
        after=query.cursor,
        limit=query.limit,
    )
    return Answer(200, PathwaysView(items=list(map(PathwayRowView.of, found)), next=following))


@routes.get("/api/v1/pathways/{id}", answers={200: PathwayView})
async def show(call: Call[Nothing, Nothing]) -> Answer:
    """One pathway with its visits and hand-over."""
    pathways = call.services.care.follow_up.pathways
    return Answer(200, PathwayView.shown(await pathways.get(call.actor, call.path["id"])))


@routes.post("/api/v1/pathways/{id}/close", answers={200: PathwayView})
async def close(call: Call[Nothing, Nothing]) -> Answer:
    """End a follow-up."""
    pathways = call.services.care.follow_up.pathways
    return Answer(200, PathwayView.shown(await pathways.close(call.actor, call.path["id"])))


@routes.post("/api/v1/pathways/{id}/handover", body=HandoverBody, answers={200: PathwayView})
async def hand_over(call: Call[HandoverBody, Nothing]) -> Answer:
    """Offer a pathway to the territory with a summary."""
    body, handovers = call.body, call.services.care.follow_up.handovers
    offered = await handovers.offer(call.actor, call.path["id"], body.organisation, body.summary)
    return Answer(200, PathwayView.shown(offered))


@routes.post("/api/v1/pathways/{id}/handover/acknowledge", answers={200: PathwayView})
async def acknowledge(call: Call[Nothing, Nothing]) -> Answer:
    """Take responsibility for a pathway that is offered."""
    handovers = call.services.care.follow_up.handovers
    taken = await handovers.acknowledge(call.actor, call.path["id"])
    return Answer(200, PathwayView.shown(taken))
