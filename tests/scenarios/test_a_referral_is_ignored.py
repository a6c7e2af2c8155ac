"""Rocco ignores what Rita referred: it stays hers, and rings until she has answered herself."""

from tests.scenarios.night import Night


async def test_a_referral_is_ignored(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120))
    await night.connects("Rita", "Rocco")
    await night.request("CT emergency")
    await night.accepts("Rita")
    await night.refers("Rita", to="Rocco")
    await night.passes(minutes=2)
    assert night.sounds("Rocco") == 9
    assert (await night.sees()).accepted_by == "Rita"
    await night.writes("Rita")
    await night.signs("Rita")
    assert not night.is_alerted("Rocco")
    heard = night.sounds("Rocco")
    await night.restart()
    assert night.sounds("Rocco") == heard, "it does not ring for a page that reconnects"
