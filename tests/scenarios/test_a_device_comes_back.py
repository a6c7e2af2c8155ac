"""A page that was away gets every alert that waits for it, once, and nothing that is over."""

from tests.scenarios.night import Night


async def test_a_device_comes_back(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120), ("Rocco", 120))
    await night.connects("Rita", "Rocco")
    await night.leaves("Rita")
    over = await night.request("CT emergency")
    waiting = await night.request("CT emergency", by="Noemi")
    await night.accepts("Rocco", over)
    await night.passes(seconds=10)
    await night.connects("Rita")
    assert night.is_alerted("Rita", waiting)
    assert not night.sounds("Rita", over)
    assert (await night.sees(waiting, by="Noemi")).story.count("delivered") == 2, "one each"
