"""A televisit of tomorrow in the demo network, with an invented patient."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from server.services.demo import Cast
from server.services.ports.clock import Fresh
from server.services.ports.unit_of_work import UnitOfWork
from server.services.televisits import Schedule, add_televisit


async def furnish(uow: UnitOfWork, cast: Cast, now: datetime, fresh: Fresh) -> None:
    """One of the demo psychologist; nothing when there is some."""
    clinician = cast.people.get("psychologist")
    if clinician is None or await uow.televisits.unfinished(clinician.id):
        return
    hour = now.replace(minute=0, second=0, microsecond=0)
    told = Schedule(
        name="Demo Teresa Verdi",
        birth_date=date(1957, 9, 8),
        identifier="DEMOTELEVISIT01",
        starts_at=hour + timedelta(hours=24),
        minutes=45,
        reason="Colloquio di sostegno dopo la dimissione",
    )
    await add_televisit(uow, clinician, told, now, fresh)
