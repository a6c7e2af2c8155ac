"""Rita asks Rocco to take it over; it stays hers until he does."""

from tests.scenarios.night import Night, refused


async def test_a_referral_is_accepted(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120))
    await night.connects("Rita", "Rocco")
    await night.request("CT emergency")
    await night.accepts("Rita")
    await night.refers("Rita", to="Rocco")
    assert night.is_alerted("Rocco"), "though he is on no rota of this service"
    assert (await night.sees()).accepted_by == "Rita"
    await night.accepts("Rocco")
    assert (await night.sees()).accepted_by == "Rocco"
    with refused("forbidden"):
        await night.releases("Rita")
    await night.writes("Rocco")
    await night.signs("Rocco")
    assert (await night.sees()).state == "reported"
