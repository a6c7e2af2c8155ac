"""Sounding again for whoever has not answered, every 15 s: once a person, whatever waits."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from server.domain.deadlines import Deadline
from server.domain.guard_notifications import REPEAT
from server.domain.guard_services import GuardService
from server.domain.instants import rfc3339
from server.services.guard_alerts import AGAIN, ESCALATE, Alerts
from server.services.guard_fired import CONSOLE
from server.services.ports.bus import Notice
from server.services.ports.unit_of_work import UnitOfWork

WAKES_LIMIT = 20
"""How many requests a closed device is woken for again at once, the most urgent first.

Each was pushed when it came; whoever wakes sees them all.
"""


@dataclass(frozen=True, slots=True)
class GuardRepeats:
    """What is done when somebody who is rung has not answered for a while."""

    alerts: Alerts

    async def repeat(self, uow: UnitOfWork, due: Deadline, now: datetime) -> None:
        """Ring again for all that waits for a person, or forget who has nothing to answer.

        Pages ask what must sound (`GET guard/alerts`), so that thousands of requests are one
        notice. What nobody can hear goes to its next step at once.
        """
        ringing = await uow.guard_requests.ringing(due.subject, WAKES_LIMIT)
        person = (await uow.accounts.named([due.subject])).get(due.subject)
        if person is None or not ringing:
            return
        reached = await self.alerts.reached(uow, await uow.guard_rings.people(AGAIN), now)
        ways = reached.get(person.id, ())
        for channel, device in ways or [(CONSOLE, "")]:
            await uow.guard_rings.note(person.id, channel, device, now, is_ready=bool(ways))
        await uow.publish_surely(Notice("guard.repeat", {"at": rfc3339(now)}, person=person.id))
        for way in self.alerts.channels:
            await way.again(uow, person, ringing, now)
        heard = [one for one, theirs in reached.items() if theirs]
        await self._hurry(uow, person.id, heard, now)
        await uow.deadlines.set(Deadline(AGAIN, person.id, now + REPEAT))

    async def _hurry(
        self, uow: UnitOfWork, person: str, heard: Collection[str], now: datetime
    ) -> None:
        steps = {service.id: _steps(service) for service in await uow.guard_services.all()}
        await uow.guard_rings.hurry(ESCALATE, person, heard, steps, now)


def _steps(service: GuardService) -> Mapping[str | None, int]:
    """How many steps a request has, by the organisation that asks; None is any other."""
    asking = (None, *(local.organisation for local in service.local))
    return {organisation: len(service.policy(organisation)) for organisation in asking}
