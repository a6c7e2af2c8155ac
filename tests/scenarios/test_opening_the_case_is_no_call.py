"""A call was asked for: to open the case is not enough, the nurse waits for a voice."""

from tests.scenarios.night import Night


async def test_opening_the_case_is_no_call(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120), ("Rocco", 120), join_s=180)
    await night.connects("Rita", "Rocco")
    await night.request("CT emergency", wants_call=True)
    await night.accepts("Rita")
    await night.opens("Rita")
    await night.passes(seconds=180)
    seen = await night.sees()
    assert (seen.state, seen.accepted_by) == ("alerting", None)
    assert night.is_alerted("Rocco")
