"""Nobody has a page open: everybody is alerted at once, and nobody is waited for in vain."""

from tests.scenarios.night import Night


async def test_every_device_is_offline(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120), ("Rocco", 120), ("Renata", 60))
    await night.request("CT emergency")
    seen = await night.sees()
    assert seen.alerted == [("Rita", 1), ("Rocco", 2), ("Renata", 3)]
    assert seen.ready == {"Rita": False, "Rocco": False, "Renata": False}
    await night.passes(seconds=60)
    seen = await night.sees()
    assert seen.state == "exhausted"
    assert seen.after("exhausted") == 60
