"""Killed while it claims what must sound again: the next process sounds it, once."""

from tests.scenarios.dying import Point, dies
from tests.scenarios.night import Night


async def time_passes(night: Night) -> None:
    await night.passes(seconds=10)


async def test_killed_while_it_sounds_again(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 600))
    await night.connects("Rita")
    first = await night.request("CT emergency")
    second = await night.request("CT emergency", "urgent")
    await night.passes(seconds=5)
    await dies(night, time_passes, Point.BEFORE_COMMIT)
    night.clock.go(10)
    night.start()
    await night.connects("Rita")
    heard = [night.sounds("Rita", case) for case in (first, second)]
    await night.passes(seconds=1)
    assert [night.sounds("Rita", case) for case in (first, second)] == [n + 1 for n in heard]
    await night.accepts("Rita", first)
    await night.accepts("Rita", second)
