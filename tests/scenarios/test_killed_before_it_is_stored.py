"""Killed before the request is stored: nobody was told "sent", and repeating it makes one."""

from tests.scenarios.dying import Point, dies
from tests.scenarios.night import Night


async def nina_asks(night: Night) -> None:
    await night.request("CT emergency", key="9f2c")


async def test_killed_before_it_is_stored(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120))
    await night.connects("Nina", "Rita")
    await dies(night, nina_asks, Point.BEFORE_COMMIT)
    await night.comes_back()
    assert await night.requests() == []
    await night.passes(seconds=61)
    await nina_asks(night)
    assert len(await night.requests()) == 1
    assert night.sounds("Rita") == 1
