"""When what can wait makes no sound: each person says so for all devices or one."""

from __future__ import annotations

from collections.abc import Sequence

from server.domain.access import Actor
from server.domain.errors import Invalid
from server.domain.quiet_hours import QUIET_LIMIT, QuietHours
from server.services.ports.clock import Clock
from server.services.ports.unit_of_work import Database
from server.services.qualifications import account_of


class QuietTimes:
    """Use cases of quiet hours."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def get(self, actor: Actor) -> Sequence[QuietHours]:
        """The caller's."""
        async with self._database.reading() as uow:
            user = await account_of(uow, actor)
            return (await uow.quiet_hours.of([user.id])).get(user.id, ())

    async def replace(self, actor: Actor, hours: Sequence[QuietHours]) -> Sequence[QuietHours]:
        """These instead of what was. Raises Invalid."""
        if len(hours) > QUIET_LIMIT:
            raise Invalid("There are at most 10 quiet hours.", path="items")
        checked, now = [one.check() for one in hours], self._clock.now()
        async with self._database.transaction() as uow:
            user = await account_of(uow, actor)
            await uow.quiet_hours.replace(user.id, checked)
            told = {"count": len(checked)}
            await uow.audit.record(now, user.id, "quiet-hours.changed", user.id, told)
        return checked
