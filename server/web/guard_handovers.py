"""Hand-overs of guards over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from server.domain.guard import Priority, State
from server.domain.guard_handovers import HandOverState
from server.web.guard import PersonView, ReasonBody
from server.web.models import Instant, Nothing, Strict, View
from server.web.routing import Answer, Call, Routes

routes = Routes("guard")

Id = Annotated[str, Field(min_length=1, max_length=80)]


class OfferBody(Strict):
    """Which guard, and to whom: whoever comes next where nobody is named."""

    rota: Id
    to: Id | None = None


class CaseView(View):
    """An open case."""

    id: str
    number: int
    service_name: str
    priority: Priority
    state: State
    question: str
    created_at: Instant


class HandOverView(View):
    """*HandOver* of docs/protocol.md."""

    id: str
    rota: str
    rota_name: str
    outgoing: PersonView
    incoming: PersonView
    state: HandOverState
    offered_at: Instant
    answered_at: Instant | None
    reason: str | None
    cases: list[CaseView]

    @classmethod
    def of(cls, wire: dict[str, Any]) -> HandOverView:
        """The view of a hand-over."""
        return cls.model_validate(wire)


class GuardView(View):
    """A guard that I have, and who comes next."""

    rota: str
    rota_name: str
    until: Instant | None
    next: PersonView | None
    cases: list[CaseView]


class HandOversView(View):
    """What waits for an answer of mine or of a colleague, and the guards I have."""

    items: list[HandOverView]
    guards: list[GuardView]


@routes.get("/api/v1/guard/handovers", answers={200: HandOversView})
async def index(call: Call[Nothing, Nothing]) -> Answer:
    """Hand-overs that wait, and guards that I may hand over."""
    found = await call.services.care.guard.handovers.mine(call.actor)
    return Answer(200, HandOversView.model_validate(found))


@routes.post("/api/v1/guard/handovers", body=OfferBody, answers={201: HandOverView}, creates=True)
async def offer(call: Call[OfferBody, Nothing]) -> Answer:
    """Offer a guard that I have."""
    handovers = call.services.care.guard.handovers
    made = await handovers.offer(call.actor, call.body.rota, call.body.to)
    return Answer(201, HandOverView.of(made))


@routes.post("/api/v1/guard/handovers/{id}/accept", answers={200: HandOverView})
async def accept(call: Call[Nothing, Nothing]) -> Answer:
    """Take a guard with its open cases."""
    taken = await call.services.care.guard.handovers.accept(call.actor, call.path["id"])
    return Answer(200, HandOverView.of(taken))


@routes.post("/api/v1/guard/handovers/{id}/refuse", body=ReasonBody, answers={200: HandOverView})
async def refuse(call: Call[ReasonBody, Nothing]) -> Answer:
    """Leave a guard with whoever has it."""
    handovers = call.services.care.guard.handovers
    refused = await handovers.refuse(call.actor, call.path["id"], call.body.reason)
    return Answer(200, HandOverView.of(refused))


@routes.post("/api/v1/guard/handovers/{id}/withdraw", answers={200: HandOverView})
async def withdraw(call: Call[Nothing, Nothing]) -> Answer:
    """Offer my guard no more."""
    withdrawn = await call.services.care.guard.handovers.withdraw(call.actor, call.path["id"])
    return Answer(200, HandOverView.of(withdrawn))
