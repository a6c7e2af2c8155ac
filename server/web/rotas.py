"""Rotas over HTTP: who holds a role when."""

from __future__ import annotations

from server.services.rotas import GAPS_AHEAD
from server.web.models import Nothing
from server.web.rota_models import (
    ChangeRotaBody,
    CreateRotaBody,
    DutiesView,
    DutyView,
    OverrideBody,
    RotasView,
    RotaView,
    ShiftsQuery,
    ShiftsView,
    shift_view,
)
from server.web.routing import Answer, Call, Routes

routes = Routes("rotas")


@routes.get("/api/v1/rotas", answers={200: RotasView})
async def index(call: Call[Nothing, Nothing]) -> Answer:
    """List the rotas."""
    sheets = await call.services.care.rotas.all(call.actor)
    return Answer(200, RotasView(items=[RotaView.of(sheet) for sheet in sheets]))


@routes.get("/api/v1/on-call", answers={200: DutiesView})
async def duties(call: Call[Nothing, Nothing]) -> Answer:
    """Who is on duty now."""
    sheets = await call.services.care.rotas.all(call.actor)
    return Answer(200, DutiesView(items=[DutyView.of(sheet) for sheet in sheets]))


@routes.post("/api/v1/rotas", body=CreateRotaBody, answers={201: RotaView}, creates=True)
async def create(call: Call[CreateRotaBody, Nothing]) -> Answer:
    """Make a rota."""
    body = call.body
    made = await call.services.care.rotas.create(call.actor, body.organisation, body.to_values())
    return Answer(201, RotaView.of(made))


@routes.get("/api/v1/rotas/{id}", answers={200: RotaView})
async def show(call: Call[Nothing, Nothing]) -> Answer:
    """Describe a rota."""
    return Answer(200, RotaView.of(await call.services.care.rotas.get(call.actor, call.path["id"])))


@routes.patch("/api/v1/rotas/{id}", body=ChangeRotaBody, answers={200: RotaView})
async def change(call: Call[ChangeRotaBody, Nothing]) -> Answer:
    """Change a rota."""
    changed = await call.services.care.rotas.change(
        call.actor, call.path["id"], call.body.version, call.body.to_change()
    )
    return Answer(200, RotaView.of(changed))


@routes.get("/api/v1/rotas/{id}/shifts", query=ShiftsQuery, answers={200: ShiftsView})
async def shifts(call: Call[Nothing, ShiftsQuery]) -> Answer:
    """Who is on duty when."""
    since = call.query.since or call.services.clock.now()
    until = call.query.until or since + GAPS_AHEAD
    sheet, found = await call.services.care.rotas.shifts(call.actor, call.path["id"], since, until)
    return Answer(200, ShiftsView(items=[shift_view(sheet, one) for one in found]))


@routes.post(
    "/api/v1/rotas/{id}/overrides", body=OverrideBody, answers={201: RotaView}, creates=True
)
async def stand_in(call: Call[OverrideBody, Nothing]) -> Answer:
    """Let somebody stand in."""
    body = call.body
    changed = await call.services.care.rotas.stand_in(
        call.actor,
        call.path["id"],
        body.start,
        body.end,
        body.member,
        temporary=body.temporary,
    )
    return Answer(201, RotaView.of(changed))


@routes.delete("/api/v1/rotas/{id}/overrides/{override}", answers={204: None})
async def stand_down(call: Call[Nothing, Nothing]) -> Answer:
    """End a stand-in."""
    await call.services.care.rotas.stand_down(call.actor, call.path["id"], call.path["override"])
    return Answer(204)
