"""Killed while Rita accepts: nobody has it, it goes on ringing, and whoever is next wins alone."""

from tests.scenarios.dying import Point, dies
from tests.scenarios.night import Night, refused


async def rita_accepts(night: Night) -> None:
    await night.accepts("Rita")


async def test_killed_before_the_acceptance_is_stored(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 60), ("Rocco", 60))
    await night.connects("Rita", "Rocco")
    await night.request("CT emergency")
    await night.passes(seconds=20)
    await dies(night, rita_accepts, Point.BEFORE_COMMIT)
    await night.comes_back()
    seen = await night.sees()
    assert (seen.state, seen.accepted_by) == ("alerting", None)
    await night.passes(seconds=40)
    assert night.is_alerted("Rocco")
    await night.accepts("Rocco")
    with refused("already-accepted", by="Rocco"):
        await night.accepts("Rita")
    assert (await night.sees()).story.count("accepted") == 1
