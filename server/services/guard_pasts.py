"""Keeping who was on guard before an edit changes who will be."""

from __future__ import annotations

from datetime import datetime

from server.domain.guard_pasts import nobody, unkept
from server.domain.guard_services import GuardService
from server.domain.rota import Rota
from server.services.ports.unit_of_work import UnitOfWork


async def keep_rota(uow: UnitOfWork, former: Rota, now: datetime) -> None:
    """Before a rota is edited: what it said so far, for each service that uses it."""
    services = [one.id for one in await uow.guard_services.all() if former.id in one.rotas]
    until = await uow.guard_pasts.until(services) if services else {}
    for service in services:
        used = (service, former.id)
        await uow.guard_pasts.keep(used, unkept(former, until.get(used), now))


async def keep_service(
    uow: UnitOfWork, former: GuardService | None, service: GuardService, now: datetime
) -> None:
    """When a service is made or edited: what its rotas said, and that new ones said nothing."""
    before = former.rotas if former else frozenset()
    rotas = await uow.rotas.named(before)
    until = await uow.guard_pasts.until([service.id])
    for rota in sorted(before):
        used = (service.id, rota)
        await uow.guard_pasts.keep(used, unkept(rotas[rota], until.get(used), now))
    for rota in sorted(service.rotas - before):
        used = (service.id, rota)
        await uow.guard_pasts.keep(used, nobody(until.get(used), now))
