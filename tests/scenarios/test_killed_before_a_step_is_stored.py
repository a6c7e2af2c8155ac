"""Killed while the second step fires: the next process fires it, once."""

from tests.scenarios.dying import Point, dies
from tests.scenarios.night import Night


async def the_step_falls_due(night: Night) -> None:
    await night.passes(seconds=1)


async def test_killed_before_a_step_is_stored(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 50), ("Rocco", 50))
    await night.connects("Rita", "Rocco")
    await night.request("CT emergency")
    await night.passes(seconds=49)
    await dies(night, the_step_falls_due, Point.BEFORE_COMMIT)
    await night.comes_back()
    assert (await night.sees()).alerted == [("Rita", 1)]
    await night.passes(seconds=1)
    seen = await night.sees()
    assert seen.alerted == [("Rita", 1), ("Rocco", 2)]
    assert seen.after("alerted", "Rocco") == 50
    assert night.is_alerted("Rocco")
