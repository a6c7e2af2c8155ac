"""Only whoever asked closes the request, and only once its final report is there."""

from tests.scenarios.night import Night, refused


async def test_the_requester_acknowledges(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120))
    await night.connects("Rita")
    await night.request("CT emergency")
    with refused("guard-moved", state="alerting"):
        await night.acknowledges()
    await night.accepts("Rita")
    await night.writes("Rita")
    await night.signs("Rita")
    with refused("forbidden", needs="requester"):
        await night.acknowledges(by="Rita")
    with refused("not-found"):
        await night.acknowledges(by="Noemi")
    await night.acknowledges()
    assert (await night.sees()).state == "closed"
