"""Killed once the ward's request is stored and before it is answered: its repeat is no second one.

So is whoever was killed a moment earlier: nothing was stored, and the repeat need not wait.
"""

import pytest

from tests.scenarios.dying import Point, dies
from tests.scenarios.night import Night


async def nina_asks(night: Night) -> None:
    await night.request("CT emergency", key="9f2c")


@pytest.mark.parametrize("point", [Point.BEFORE_COMMIT, Point.AFTER_COMMIT])
async def test_killed_before_the_answer_is_kept(night: Night, point: Point) -> None:
    await night.guard("CT emergency", ("Rita", 120))
    await night.connects("Nina", "Rita")
    await dies(night, nina_asks, point)
    await night.comes_back()
    stored = await night.requests()
    assert len(stored) == (point is Point.AFTER_COMMIT)
    case = await night.request("CT emergency", key="9f2c")
    assert await night.requests() == [case]
    assert case in stored or not stored
    assert night.is_alerted("Rita", case)
    assert (await night.sees(case)).alerted == [("Rita", 1)]
