"""Killed between storing and publishing: the next process alerts Rita, and Rocco in time."""

from tests.scenarios.dying import Point, dies
from tests.scenarios.night import Night


async def nina_asks(night: Night) -> None:
    await night.request("CT emergency")


async def test_killed_once_stored(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120), ("Rocco", 120))
    await night.connects("Nina", "Rita", "Rocco")
    await dies(night, nina_asks, Point.AFTER_COMMIT)
    await night.comes_back()
    [case] = await night.requests()
    assert night.is_alerted("Rita", case)
    await night.passes(seconds=10)
    seen = await night.sees(case)
    assert seen.story == ["requested", "alerted", "delivered"], "each of them once"
    await night.passes(seconds=110)
    assert (await night.sees(case)).after("alerted", "Rocco") == 120
    await night.accepts("Rita", case)
