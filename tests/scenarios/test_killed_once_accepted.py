"""Killed once Rita's acceptance was stored: the next process tells Rocco, and nothing rings."""

from tests.scenarios.dying import Point, dies
from tests.scenarios.night import Night, refused


async def rita_accepts(night: Night) -> None:
    await night.accepts("Rita")


async def test_killed_once_accepted(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 60), ("Rocco", 60))
    await night.connects("Rita", "Rocco")
    await night.request("CT emergency")
    await night.passes(seconds=60)
    assert night.is_alerted("Rocco")
    await dies(night, rita_accepts, Point.AFTER_COMMIT)
    await night.comes_back()
    await night.passes(seconds=3)
    assert not night.is_alerted("Rita")
    assert not night.is_alerted("Rocco")
    assert night.told("Rocco") == [("taken", "Rita")]
    with refused("already-accepted", by="Rita"):
        await night.accepts("Rocco")
    await night.accepts("Rita")  # her page never read the answer: she taps again
    seen = await night.sees()
    assert (seen.accepted_by, seen.story.count("accepted")) == ("Rita", 1)
    await night.passes(minutes=5)
    assert (await night.sees()).alerted == [("Rita", 1), ("Rocco", 2)]
