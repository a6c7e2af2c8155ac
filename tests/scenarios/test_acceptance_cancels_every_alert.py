"""Whoever accepts silences every page of everybody, and the others read who it was."""

from tests.scenarios.night import Night


async def test_acceptance_cancels_every_alert(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 30), ("Rocco", 30), ("Renata", 30))
    await night.connects("Rita", "Rocco", "Renata")
    await night.connects("Rita", device="phone")
    await night.request("CT emergency")
    await night.passes(seconds=70)
    await night.accepts("Rocco")
    assert not any(night.is_alerted(name) for name in ("Rita", "Rocco", "Renata"))
    assert night.told("Rita") == [("taken", "Rocco"), ("taken", "Rocco")], "on both pages"
    assert night.told("Renata") == [("taken", "Rocco")]
    outcomes = (await night.sees()).outcomes
    assert outcomes == {"Rita": "taken", "Rocco": "accepted", "Renata": "taken"}
    await night.passes(minutes=10)
    assert night.sounds("Renata") == 1
