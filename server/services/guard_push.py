"""Alerting radiologists on guard by Web Push, beside the page that may be closed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.domain.accounts import User
from server.domain.guard import Request
from server.domain.pushes import Push, Subscription
from server.domain.quiet_hours import EVERYWHERE, silent_on
from server.services.guard_fired import Sounding
from server.services.ports.clock import Fresh
from server.services.ports.unit_of_work import UnitOfWork

ALERT = "guard.alert"


@dataclass(frozen=True, slots=True)
class PushChannel:
    """The guard's second contact method."""

    fresh: Fresh

    async def reaches(
        self, uow: UnitOfWork, people: Collection[str], now: datetime
    ) -> Mapping[str, Sequence[tuple[str, str]]]:
        """Devices proved this shift."""
        devices = await uow.pushes.of_people(people)
        return {
            person: [("push", one.id) for one in theirs if one.is_proved(now)]
            for person, theirs in devices.items()
        }

    async def alert(
        self, uow: UnitOfWork, person: User, soundings: Sequence[Sounding], now: datetime
    ) -> None:
        """Wake every device, proved or not; one that is still on its way is not doubled."""
        requests = {one.request.id: one.request for one in soundings}
        await self.again(uow, person, list(requests.values()), now)

    async def again(
        self, uow: UnitOfWork, person: User, requests: Sequence[Request], now: datetime
    ) -> None:
        """Wake every device again for what is not on its way any more and may sound now."""
        devices = await uow.pushes.of(person.id)
        if not devices:
            return
        hours = (await uow.quiet_hours.of([person.id])).get(person.id, ())
        under_way = await uow.pushes.under_way(ALERT, [one.id for one in requests], person.id)
        loud = [
            one
            for one in requests
            if one.id not in under_way
            and EVERYWHERE not in silent_on(hours, one.question.priority, now)
        ]
        pushes = [_push(self.fresh.id(), way, one, now) for one in loud for way in devices]
        await uow.pushes.enqueue(pushes)

    async def cancel(self, uow: UnitOfWork, request: Request, _people: Collection[str]) -> None:
        """Nobody need answer any more."""
        await uow.pushes.cancel(ALERT, request.id)


def _push(name: str, device: Subscription, request: Request, now: datetime) -> Push:
    place, rank = f"/guard/requests/{request.id}", request.question.priority.rank
    return Push(name, device.id, device.person, ALERT, request.id, place, now, rank=rank)
