"""What the guard brings to the demo network: one service over two of its rotas."""

from __future__ import annotations

from datetime import datetime

from server.domain.access import Role
from server.domain.guard_services import GuardService, Step
from server.services.demo import NORTH, Cast
from server.services.ports.clock import Fresh
from server.services.ports.unit_of_work import UnitOfWork

NAME = "CT emergency"
PHONE = "+44 20 7946 0112"  # of the range that Ofcom keeps for drama: nobody's
FIRST = "Radiologist on guard"
DELAY_S = 120


async def furnish(uow: UnitOfWork, cast: Cast, _now: datetime, fresh: Fresh) -> None:
    """One service; once."""
    if NAME in {service.name for service in await uow.guard_services.all(retired=True)}:
        return
    rotas = [rota for rota in await uow.rotas.all() if rota.role is Role.RADIOLOGIST]
    rotas.sort(key=lambda rota: (rota.name != FIRST, rota.name))
    if not rotas or NORTH.name not in cast.places:
        return
    steps = tuple(Step(rota.id, DELAY_S) for rota in rotas[:2])
    place = cast.places[NORTH.name]
    service = GuardService(fresh.id(), place, NAME, "CT", PHONE, "Europe/Rome", steps)
    await uow.guard_services.add(service.check())
