"""Killed after publishing, before the outbox forgot: the second notice changes nothing."""

from tests.scenarios.dying import Point, dies
from tests.scenarios.night import Night


async def nina_asks(night: Night) -> None:
    await night.request("CT emergency")


async def test_killed_once_published(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120))
    await night.connects("Nina", "Rita")
    await dies(night, nina_asks, Point.AFTER_PUBLISHING)
    await night.comes_back()
    await night.passes(seconds=10)
    [case] = await night.requests()
    seen = await night.sees(case)
    assert seen.story == ["requested", "alerted", "delivered"]
    assert len(seen.wire["notifications"]) == 1
    await night.accepts("Rita", case)
