"""Rita's shift ends with a case open: she stays on call until Rocco says that he takes it."""

from datetime import date

from tests.scenarios.cast import turns
from tests.scenarios.night import Night


async def test_a_guard_is_handed_over(night: Night) -> None:
    days = turns("Rita", "Rocco", hour=8, since=date(2026, 11, 22))
    night.begins("2026-11-23 07:30")
    await night.guard("CT emergency", (days, 120))
    await night.connects("Rita", "Rocco")
    case = await night.request("CT emergency")
    await night.accepts("Rita")
    await night.passes_until("2026-11-23 08:01")
    offered = await night.offered("Rocco")
    assert [one["id"] for one in offered["cases"]] == [case]
    second = await night.request("CT emergency")
    assert night.is_alerted("Rita", second), "until then she stays on call"
    assert not night.is_alerted("Rocco", second)
    await night.takes_the_guard("Rocco")
    assert (await night.sees(case)).accepted_by == "Rocco"
    assert night.is_alerted("Rocco", second), "what rings, rings for him now"
    third = await night.request("CT emergency")
    assert night.is_alerted("Rocco", third)
    assert not night.sounds("Rita", third)
