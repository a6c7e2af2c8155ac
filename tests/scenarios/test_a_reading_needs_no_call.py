"""Only a reading was asked for: nobody must join anything."""

from tests.scenarios.night import Night


async def test_a_reading_needs_no_call(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120), ("Rocco", 120), join_s=180)
    await night.connects("Rita", "Rocco")
    await night.request("CT emergency", wants_call=False)
    await night.accepts("Rita")
    await night.passes(minutes=30)
    seen = await night.sees()
    assert (seen.state, seen.accepted_by) == ("accepted", "Rita")
    assert not night.sounds("Rocco")
