"""The server's clock is set back an hour: the next step is not an hour late."""

from tests.scenarios.night import Night


async def test_the_clock_is_set_back_an_hour(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120), ("Rocco", 120))
    await night.connects("Rita", "Rocco")
    await night.request("CT emergency")
    await night.passes(seconds=60)
    await night.clock_steps(hours=-1)
    heard = night.sounds("Rita")
    await night.passes(seconds=62)
    assert night.sounds("Rita") >= heard + 3, "it goes on sounding"
    assert night.is_alerted("Rocco")
