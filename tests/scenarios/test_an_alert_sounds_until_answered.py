"""An alert sounds again every fifteen seconds, until it is answered."""

from tests.scenarios.night import Night


async def test_an_alert_sounds_until_answered(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 600))
    await night.connects("Rita")
    await night.request("CT emergency")
    await night.passes(minutes=1)
    assert night.sounds("Rita") == 5
    await night.accepts("Rita")
    await night.passes(minutes=5)
    assert night.sounds("Rita") == 5
    assert not night.is_alerted("Rita")
