"""Killed while a page says "delivered": it says so again to the next process, and counts once."""

from tests.scenarios.dying import Point, dies
from tests.scenarios.night import Night


async def it_arrives(night: Night) -> None:
    rita = night.cast.people["Rita"]
    await night.server.guard.consoles.delivered(rita, "desk", night.cast.cases[-1])


async def test_killed_before_delivery_is_stored(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120))
    await night.request("CT emergency")
    await dies(night, it_arrives, Point.BEFORE_COMMIT)
    night.start()
    assert "delivered" not in (await night.sees()).story
    await night.connects("Rita")
    assert (await night.sees()).story.count("delivered") == 1
