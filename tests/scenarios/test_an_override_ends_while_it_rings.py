"""Who stands in goes home while it rings: the step that is due then alerts whoever is back."""

from tests.scenarios.night import Night


async def test_an_override_ends_while_it_rings(night: Night) -> None:
    night.begins("2026-11-22 22:00")
    await night.guard("CT emergency", ("Rita", 120), ("Rocco", 120))
    await night.stands_in("Renata", "CT emergency, step 2", "2026-11-22 20:00", "2026-11-22 22:01")
    await night.connects("Rita", "Rocco", "Renata")
    await night.request("CT emergency")
    await night.passes(seconds=120)
    assert night.is_alerted("Rocco")
    assert not night.sounds("Renata")
