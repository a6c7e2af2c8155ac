"""Free slots in the demo network: an expert to consult over the next weeks."""

from __future__ import annotations

from datetime import datetime, timedelta

from server.domain.slots import Series, Slot
from server.services.demo import CENTRE, Cast
from server.services.ports.clock import Fresh
from server.services.ports.unit_of_work import UnitOfWork

ZONE = "Europe/Rome"
WEEKS = 4
MINUTES = 30
IN_A_ROW = 4
_HOURS = {1: 9, 3: 14}
"""Hour of the first slot, by days from now: two half days a week."""


async def furnish(uow: UnitOfWork, cast: Cast, now: datetime, fresh: Fresh) -> None:
    """Slots of the demo centre's oncologist; nothing when there are some."""
    expert, centre = cast.people.get("oncologist"), cast.places.get(CENTRE.name)
    if expert is None or centre is None or await uow.slots.of_expert(expert.id, now):
        return
    starts: list[datetime] = []
    for days, hour in _HOURS.items():
        first = (now + timedelta(days=days)).replace(
            hour=hour, minute=0, second=0, microsecond=0, tzinfo=None
        )
        starts += Series(first, ZONE, MINUTES, IN_A_ROW, WEEKS).starts(now)
    slots = [Slot(fresh.id(), centre, expert.id, at, MINUTES) for at in starts]
    await uow.slots.add(slots)
    data = {"expert": expert.id, "centre": centre, "slots": len(slots)}
    await uow.audit.record(now, "system", "slots.published", slots[0].id, data)
