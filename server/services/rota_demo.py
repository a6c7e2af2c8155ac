"""The rotas of the demo network: radiologists on guard, their second call, a case manager."""

from __future__ import annotations

from datetime import datetime, timedelta

from server.domain.access import Role
from server.domain.deadlines import Deadline
from server.domain.rota import Layer, Rota, Rotation
from server.services.demo import NORTH, SOUTH, Cast
from server.services.ports.clock import Fresh
from server.services.ports.unit_of_work import UnitOfWork
from server.services.rotas import CHECK, DUTY

ZONE = "Europe/Rome"
ON_GUARD = "Radiologist on guard"
SECOND = "Radiologist on guard, second call"
CASE_MANAGER = "Case manager, ward 3"
_RADIOLOGISTS = ("radiologist", "radiologist2", "radiologist3")


async def furnish(uow: UnitOfWork, cast: Cast, now: datetime, fresh: Fresh) -> None:
    """Three rotas in their second week: it is the first radiologist's turn; once."""
    known = {rota.name for rota in await uow.rotas.all()}
    logins = (*_RADIOLOGISTS, "casemanager")
    if ON_GUARD in known or any(login not in cast.people for login in logins):
        return
    rita, rocco, rhona = (cast.people[login].id for login in _RADIOLOGISTS)
    monday = now.date() - timedelta(days=now.weekday() + 7)
    north, south = cast.places[NORTH.name], cast.places[SOUTH.name]
    second = Rota(
        id=fresh.id(),
        organisation=north,
        name=SECOND,
        role=Role.RADIOLOGIST,
        zone=ZONE,
        phone="+39 02 5550 0102",
        layers=(Layer(Rotation(monday, 8, 7, (rita, rocco, rhona))),),
    )
    on_guard = Rota(
        id=fresh.id(),
        organisation=north,
        name=ON_GUARD,
        role=Role.RADIOLOGIST,
        zone=ZONE,
        phone="+39 02 5550 0101",
        layers=(Layer(Rotation(monday, 8, 7, (rhona, rita, rocco))),),
        second=second.id,
    )
    ward = Rota(
        id=fresh.id(),
        organisation=south,
        name=CASE_MANAGER,
        role=Role.CASE_MANAGER,
        zone=ZONE,
        phone="+39 02 5550 0303",
        layers=(Layer(Rotation(monday, 8, 7, (cast.people["casemanager"].id,))),),
    )
    for rota in (second, on_guard, ward):
        await uow.rotas.add(rota)
        for kind in (DUTY, CHECK):
            await uow.deadlines.set(Deadline(kind, rota.id, now))
