"""Rita is suspended while on call: it rings for Rocco, and her step is an open gap from then on."""

from tests.scenarios.night import Night, refused


async def test_somebody_on_call_is_suspended(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 600), ("Rocco", 120))
    await night.connects("Rita", "Rocco")
    first = await night.request("CT emergency")
    anna, rita = night.cast.people["Anna"], night.cast.people["Rita"]
    await night.server.services.administration.suspend(anna, rita.person, "left the hospital")
    await night.settle()
    await night.passes(seconds=15)
    assert not night.is_alerted("Rita", first)
    assert night.is_alerted("Rocco", first)
    with refused("unauthenticated"):
        await night.accepts("Rita", first)
    await night.request("CT emergency")
    seen = await night.sees()
    assert seen.alerted == [("Rocco", 2)]
    assert await night.incidents("guard.no_cover") == 1
