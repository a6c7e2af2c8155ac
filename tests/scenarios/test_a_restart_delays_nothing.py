"""The server is away: what fell due meanwhile is done at once, what did not, in time."""

from tests.scenarios.night import Night


async def test_a_restart_delays_nothing(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120), ("Rocco", 120), ("Renata", 120))
    await night.connects("Rita", "Rocco", "Renata")
    await night.request("CT emergency")
    await night.passes(seconds=100)
    await night.restart(after_s=10)
    await night.passes(seconds=10)
    assert (await night.sees()).after("alerted", "Rocco") == 120
    await night.passes(seconds=100)
    await night.restart(after_s=60)
    await night.passes(seconds=1)
    assert (await night.sees()).after("alerted", "Renata") == 281
