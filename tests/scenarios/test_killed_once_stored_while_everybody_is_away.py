"""Killed between storing and publishing, and nobody there: the outbox waits, the pages ring."""

from tests.scenarios.dying import Point, dies
from tests.scenarios.night import Night


async def nina_asks(night: Night) -> None:
    await night.request("CT emergency")


async def test_killed_once_stored_while_everybody_is_away(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120))
    await night.connects("Nina")
    await dies(night, nina_asks, Point.AFTER_COMMIT)
    night.start()
    await night.connects("Rita")
    [case] = await night.requests()
    heard = night.sounds("Rita", case)
    await night.passes(seconds=3)
    assert heard == 1
    assert night.sounds("Rita", case) == 2, "the notice that was left behind arrives as well"
    assert (await night.sees(case)).story.count("delivered") == 1
