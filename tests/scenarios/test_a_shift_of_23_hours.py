"""The shift over the March night lasts 23 hours, and nobody is missing for one of them."""

from datetime import date, timedelta

from tests.scenarios.cast import turns
from tests.scenarios.night import Night


async def test_a_shift_of_23_hours(night: Night) -> None:
    days = turns("Rita", "Rocco", hour=8, since=date(2026, 3, 28))
    night.begins("2026-03-28 08:00")
    await night.guard("CT emergency", (days, 120))
    await night.connects("Rita", "Rocco")
    began_at = night.clock.now()
    for local in ("2026-03-29 01:30", "2026-03-29 03:30", "2026-03-29 07:59"):
        await night.passes_until(local)
        await night.request("CT emergency")
        assert night.is_alerted("Rita"), local
        await night.cancels()
    await night.passes_until("2026-03-29 08:00")
    await night.request("CT emergency")
    assert night.is_alerted("Rocco")
    assert night.clock.now() - began_at == timedelta(hours=23)
