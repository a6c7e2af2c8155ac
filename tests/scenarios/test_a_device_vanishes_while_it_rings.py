"""Rita's phone falls silent while it rings: within half a minute Rocco is alerted beside her."""

from tests.scenarios.night import Night


async def test_a_device_vanishes_while_it_rings(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 600), ("Rocco", 600))
    await night.connects("Rita", "Rocco")
    await night.request("CT emergency")
    night.vanishes("Rita")
    assert not night.is_alerted("Rocco")
    await night.passes(seconds=30)
    assert night.is_alerted("Rocco")
    assert (await night.sees()).step == 2
