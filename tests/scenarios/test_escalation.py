"""Nobody answers: each step is alerted when its time has come."""

from tests.scenarios.night import Night


async def test_the_second_and_third_step_are_alerted_on_time(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120), ("Rocco", 90), ("Renata", 60))
    await night.connects("Rita", "Rocco", "Renata")
    await night.request("CT emergency")
    assert night.is_alerted("Rita")
    await night.passes(seconds=119)
    assert not night.is_alerted("Rocco")
    await night.passes(seconds=1)
    assert night.is_alerted("Rocco")
    await night.passes(seconds=90)
    assert night.is_alerted("Renata")
    seen = await night.sees()
    assert seen.after("alerted", "Rocco") == 120
    assert seen.after("alerted", "Renata") == 210
    assert night.is_alerted("Rita"), "the first goes on ringing"
