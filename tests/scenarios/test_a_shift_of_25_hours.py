"""The shift over the October night lasts 25 hours, and nobody is called in its stead."""

from datetime import date, timedelta

from tests.scenarios.cast import turns
from tests.scenarios.night import Night


async def test_a_shift_of_25_hours(night: Night) -> None:
    days = turns("Rita", "Rocco", hour=8, since=date(2026, 10, 24))
    night.begins("2026-10-24 08:00")
    await night.guard("CT emergency", (days, 120))
    await night.connects("Rita", "Rocco")
    began_at = night.clock.now()
    for local in ("2026-10-25 01:30", "2026-10-25 03:30", "2026-10-25 07:59"):
        await night.passes_until(local)
        await night.request("CT emergency")
        assert night.is_alerted("Rita"), local
        await night.cancels()
    await night.passes_until("2026-10-25 08:00")
    await night.request("CT emergency")
    assert night.is_alerted("Rocco")
    assert night.clock.now() - began_at == timedelta(hours=25)
