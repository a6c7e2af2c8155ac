"""The server's clock jumps an hour ahead: what is due then is done once, nothing is skipped."""

from tests.scenarios.night import Night


async def test_the_clock_jumps_an_hour_ahead(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120), ("Rocco", 120), ("Renata", 120))
    await night.connects("Rita", "Rocco", "Renata")
    await night.request("CT emergency")
    await night.clock_steps(hours=1)
    assert (await night.sees()).alerted == [("Rita", 1), ("Rocco", 2)]
    await night.passes(seconds=119)
    assert not night.is_alerted("Renata"), "the second step has its time"
    await night.passes(seconds=1)
    assert night.is_alerted("Renata")
