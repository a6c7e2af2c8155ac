"""Alerting radiologists on guard by Web Push, beside the page that may be closed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.domain.accounts import User
from server.domain.guard import Request
from server.domain.pushes import Subscription
from server.domain.quiet_hours import EVERYWHERE
from server.services.guard_alerts import silence_of
from server.services.ports.clock import Fresh
from server.services.ports.unit_of_work import UnitOfWork
from server.services.pushes import push

ALERT = "guard.alert"
PROVED = timedelta(hours=12)
"""A device whose push service took something within a shift's length counts as ready."""


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
            person: [("push", one.id) for one in theirs if _is_proved(one, now)]
            for person, theirs in devices.items()
        }

    async def alert(
        self, uow: UnitOfWork, request: Request, person: User, _step: int, now: datetime
    ) -> None:
        """Wake every device, proved or not; one that is still on its way is not doubled."""
        if EVERYWHERE in await silence_of(uow, request, person.id, now):
            return  # it waits: each repetition asks again
        if not await uow.pushes.pending(ALERT, request.id, person.id):
            place, rank = f"/guard/requests/{request.id}", request.question.priority.rank
            await push(uow, person.id, ALERT, request.id, place, now, self.fresh, rank)

    async def cancel(self, uow: UnitOfWork, request: Request, _people: Collection[str]) -> None:
        """Nobody need answer any more."""
        await uow.pushes.cancel(ALERT, request.id)


def _is_proved(device: Subscription, now: datetime) -> bool:
    return device.used_at is not None and now - device.used_at < PROVED
