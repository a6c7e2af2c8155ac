"""Whoever accepted joins the call in time: it stays theirs."""

from tests.scenarios.night import Night


async def test_joining_the_call_is_enough(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120), ("Rocco", 120), join_s=180)
    await night.connects("Rita", "Rocco")
    await night.request("CT emergency", wants_call=True)
    await night.accepts("Rita")
    await night.passes(seconds=170)
    await night.joins_the_call("Rita")
    await night.passes(minutes=10)
    assert (await night.sees()).accepted_by == "Rita"
    assert not night.sounds("Rocco")
