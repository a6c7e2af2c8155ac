"""Visits of follow-up over HTTP: what waits for whom, and what became of each."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from server.domain.pathway_visits import PLACE_LIMIT, REASON_LIMIT
from server.services.pathway_views import WaitingVisit
from server.services.pathway_visits import Booking, Waiting
from server.web.models import Nothing, Strict, View
from server.web.pathways import PathwayRowView, PathwayView, VisitView
from server.web.rooms import When
from server.web.routing import Answer, Call, Routes

routes = Routes("pathways")

VISIT = "/api/v1/pathways/{id}/visits/{visit}"


class WaitingQuery(Strict):
    """Which list."""

    waiting: Waiting = Waiting.OVERDUE


class BookBody(Strict):
    """An appointment; `reason` is asked outside the visit's window."""

    at: When
    place: Annotated[str, Field(max_length=PLACE_LIMIT)] | None = None
    reason: Annotated[str, Field(max_length=REASON_LIMIT)] | None = None

    def to_command(self) -> Booking:
        """The use case's command."""
        return Booking(self.at, self.place, self.reason)


class DoneBody(Strict):
    """When it was held."""

    held_on: date


class WaitingVisitView(VisitView):
    """*WaitingVisit* of docs/protocol.md."""

    pathway: PathwayRowView

    @classmethod
    def of(cls, waiting: WaitingVisit) -> WaitingVisitView:
        """The view of a line."""
        return cls.model_validate(waiting.to_wire())


class WaitingVisitsView(View):
    """The window that ends first, first."""

    items: list[WaitingVisitView]


@routes.get("/api/v1/pathway-visits", query=WaitingQuery, answers={200: WaitingVisitsView})
async def index(call: Call[Nothing, WaitingQuery]) -> Answer:
    """Visits that wait for the caller."""
    found = await call.services.care.follow_up.visits.waiting(call.actor, call.query.waiting)
    return Answer(200, WaitingVisitsView(items=list(map(WaitingVisitView.of, found))))


@routes.post(f"{VISIT}/book", body=BookBody, answers={200: PathwayView})
async def book(call: Call[BookBody, Nothing]) -> Answer:
    """Book a visit, or book it anew."""
    visits = call.services.care.follow_up.visits
    booked = await visits.book(call.actor, *_names(call), call.body.to_command())
    return Answer(200, PathwayView.shown(booked))


@routes.post(f"{VISIT}/take", answers={200: PathwayView})
async def take(call: Call[Nothing, Nothing]) -> Answer:
    """Take a visit over (the pathway's GP)."""
    visits = call.services.care.follow_up.visits
    return Answer(200, PathwayView.shown(await visits.take(call.actor, *_names(call))))


@routes.post(f"{VISIT}/done", body=DoneBody, answers={200: PathwayView})
async def done(call: Call[DoneBody, Nothing]) -> Answer:
    """Say that a visit was held."""
    visits = call.services.care.follow_up.visits
    held = await visits.complete(call.actor, *_names(call), call.body.held_on)
    return Answer(200, PathwayView.shown(held))


@routes.post(f"{VISIT}/missed", answers={200: PathwayView})
async def missed(call: Call[Nothing, Nothing]) -> Answer:
    """Say that the patient did not come."""
    visits = call.services.care.follow_up.visits
    return Answer(200, PathwayView.shown(await visits.miss(call.actor, *_names(call))))


def _names(
    call: Call[BookBody, Nothing] | Call[DoneBody, Nothing] | Call[Nothing, Nothing],
) -> tuple[str, str]:
    return call.path["id"], call.path["visit"]
