"""Rita accepted and is suspended: the call she owes goes back to whoever can answer."""

from tests.scenarios.night import Night


async def test_whoever_accepted_is_suspended(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120), ("Rocco", 120), join_s=60)
    await night.connects("Rita", "Rocco")
    await night.request("CT emergency", wants_call=True)
    await night.accepts("Rita")
    anna, rita = night.cast.people["Anna"], night.cast.people["Rita"]
    await night.server.services.administration.suspend(anna, rita.person, "left the hospital")
    await night.passes(seconds=60)
    assert night.is_alerted("Rocco")
    await night.accepts("Rocco")
    await night.writes("Rocco")
    await night.signs("Rocco")
    assert (await night.sees()).state == "reported"
