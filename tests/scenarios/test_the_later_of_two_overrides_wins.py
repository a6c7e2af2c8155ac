"""Two overrides cover the same night: the one that was made later counts."""

from tests.scenarios.night import Night


async def test_the_later_of_two_overrides_wins(night: Night) -> None:
    night.begins("2026-11-22 22:00")
    await night.guard("CT emergency", ("Rita", 120))
    rota = "CT emergency, step 1"
    await night.stands_in("Rocco", rota, "2026-11-22 20:00", "2026-11-23 08:00")
    await night.stands_in("Renata", rota, "2026-11-22 21:00", "2026-11-23 02:00")
    await night.connects("Rita", "Rocco", "Renata")
    await night.request("CT emergency")
    assert night.is_alerted("Renata")
    await night.cancels()
    await night.passes_until("2026-11-23 02:00")
    await night.request("CT emergency")
    assert night.is_alerted("Rocco"), "the earlier one is still in force"
    await night.cancels()
    await night.passes_until("2026-11-23 08:00")
    await night.request("CT emergency")
    assert night.is_alerted("Rita")
