"""Rocco cannot: Rita refers it to Renata instead, and it rings for Renata alone."""

from tests.scenarios.night import Night, refused


async def test_a_referral_goes_to_somebody_else(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120))
    await night.connects("Rita", "Rocco", "Renata")
    await night.request("CT emergency")
    await night.accepts("Rita")
    await night.refers("Rita", to="Rocco")
    await night.refers("Rita", to="Renata")
    assert night.told("Rocco") == [("superseded", "Rita")]
    assert not night.is_alerted("Rocco")
    with refused("already-accepted", by="Rita"):
        await night.accepts("Rocco")
    await night.accepts("Renata")
    assert (await night.sees()).accepted_by == "Renata"
