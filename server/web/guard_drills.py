"""Drills over HTTP."""

from __future__ import annotations

from server.domain.guard_drills import DrillState, EchoState
from server.web.models import Instant, Nothing, Strict, View
from server.web.routing import Answer, Call, Routes

routes = Routes("guard")


class DrillBody(Strict):
    """Whether people must touch their device, or pages answer by themselves."""

    audible: bool = False


class EchoView(View):
    """One way to somebody; no device where there is none at all."""

    person: str
    name: str
    device: str | None
    channel: str
    state: EchoState
    audible: bool
    acknowledged_at: Instant | None


class DrillView(View):
    """*Drill* of docs/protocol.md."""

    id: str
    started_by: str | None
    started_at: Instant
    until: Instant
    state: DrillState
    devices: list[EchoView]
    unreached: list[str]


class DrillsView(View):
    """The newest first."""

    items: list[DrillView]


@routes.get("/api/v1/guard/drills", answers={200: DrillsView})
async def index(call: Call[Nothing, Nothing]) -> Answer:
    """How the last drills went."""
    found = await call.services.care.guard.drills.recent(call.actor)
    return Answer(200, DrillsView(items=[DrillView.model_validate(one) for one in found]))


@routes.post("/api/v1/guard/drills", body=DrillBody, answers={201: DrillView})
async def create(call: Call[DrillBody, Nothing]) -> Answer:
    """Ask every device on guard first."""
    drills = call.services.care.guard.drills
    made = await drills.start(call.actor, audible=call.body.audible)
    return Answer(201, DrillView.model_validate(made))
