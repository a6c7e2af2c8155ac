"""Who gave it back is alerted again, but never alone: the next step rings beside."""

from tests.scenarios.night import Night


async def test_released_never_alone_to_the_same(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120), ("Rocco", 120))
    await night.connects("Rita", "Rocco")
    await night.request("CT emergency")
    await night.accepts("Rita")
    assert not night.sounds("Rocco")
    await night.releases("Rita")
    assert night.is_alerted("Rita")
    assert night.is_alerted("Rocco")
    seen = await night.sees()
    assert (seen.state, seen.accepted_by) == ("alerting", None)
