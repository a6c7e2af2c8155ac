"""Past the last step, whoever is on call there is alerted again and again."""

from tests.scenarios.night import Night


async def test_the_last_step_repeats(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 60), ("Rocco", 60))
    await night.connects("Rita", "Rocco")
    await night.request("CT emergency")
    await night.passes(seconds=300)
    seen = await night.sees()
    assert seen.alerted == [("Rita", 1), ("Rocco", 2), *[("Rocco", 2)] * 4]
    assert seen.story.count("exhausted") == 1
    heard = night.sounds("Rocco")
    await night.passes(minutes=10)
    assert night.sounds("Rocco") >= heard + 40, "it is never silent"
