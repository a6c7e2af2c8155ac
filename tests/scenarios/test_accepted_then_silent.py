"""A call was asked for and whoever accepted does not come: it rings again, not for them alone."""

from tests.scenarios.night import Night


async def test_accepted_then_silent(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120), ("Rocco", 120), join_s=180)
    await night.connects("Rita", "Rocco")
    await night.request("CT emergency", wants_call=True)
    await night.passes(seconds=10)
    await night.accepts("Rita")
    night.vanishes("Rita")
    await night.passes(seconds=179)
    assert (await night.sees()).state == "accepted"
    await night.passes(seconds=1)
    seen = await night.sees()
    assert (seen.state, seen.accepted_by) == ("alerting", None)
    assert seen.after("released") == 190
    assert night.is_alerted("Rocco")
