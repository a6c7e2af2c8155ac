"""Killed once "delivered" was stored: the page reconnects, and it is counted once."""

from tests.scenarios.dying import Point, dies
from tests.scenarios.night import Night


async def it_arrives(night: Night) -> None:
    rita = night.cast.people["Rita"]
    await night.server.guard.consoles.delivered(rita, "desk", night.cast.cases[-1])


async def test_killed_once_delivered(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120))
    await night.request("CT emergency")
    await dies(night, it_arrives, Point.AFTER_COMMIT)
    night.start()
    await night.connects("Rita")
    assert night.is_alerted("Rita")
    assert (await night.sees()).story.count("delivered") == 1
    await night.accepts("Rita")
