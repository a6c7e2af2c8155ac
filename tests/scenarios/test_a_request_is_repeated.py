"""The ward's page repeats a request whose answer was lost: it is one request, alerted once."""

from tests.scenarios.night import Night, refused


async def test_a_request_is_repeated(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120))
    await night.connects("Rita")
    first = await night.request("CT emergency", key="9f2c")
    await night.restart(after_s=1)
    assert await night.request("CT emergency", key="9f2c") == first
    assert await night.requests() == [first]
    assert (await night.sees()).alerted == [("Rita", 1)]
    other = await night.request("CT emergency", key="another")
    assert await night.requests() == [first, other]
    with refused("not-found"):
        await night.sees(first, by="Noemi")
