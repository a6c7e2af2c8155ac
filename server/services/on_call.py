"""Who is on call now: the rota's answer, if that person may still be called."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from server.domain import rota as rotation
from server.domain.accounts import Status, User
from server.domain.guard_handovers import HandOver
from server.domain.rota import Rota
from server.services.ports.unit_of_work import UnitOfWork
from server.services.qualifications import holds


async def on_call_of(
    uow: UnitOfWork, rotas: Collection[str], at: datetime
) -> Mapping[str, User | None]:
    """Who holds each of the rotas' roles; None where nobody does. Five queries."""
    return await holders(uow, (await uow.rotas.named(rotas)).values(), at)


async def on_call(uow: UnitOfWork, rota: str, at: datetime) -> User | None:
    """Who holds one rota's role; None when nobody does, or there is no such rota."""
    return (await on_call_of(uow, [rota], at)).get(rota)


async def holders(
    uow: UnitOfWork, rotas: Iterable[Rota], at: datetime
) -> Mapping[str, User | None]:
    """The same for rotas at hand, by their ids."""
    asked = list(rotas)
    handovers = await uow.guard_handovers.standing([rota.id for rota in asked])
    named = [(rota, _named(rota, handovers.get(rota.id), at)) for rota in asked]
    people = await uow.accounts.named({one for _, those in named for one in those})
    return {
        rota.id: next((user for one in those if (user := able(people.get(one), rota))), None)
        for rota, those in named
    }


def _named(rota: Rota, handover: HandOver | None, at: datetime) -> list[str]:
    """Whom the rota names; whoever has not been relieved yet goes before."""
    person = rotation.on_call(rota, at)
    stays = handover.holder(person, at) if handover else person
    return [one for one in dict.fromkeys((stays, person)) if one]


def able(user: User | None, rota: Rota) -> User | None:
    """The person if admitted and still of the rota's role, else nobody."""
    is_able = user is not None and user.status is Status.ACTIVE and holds(user, rota.role)
    return user if is_able else None
