"""Whoever accepted calls the ward by telephone: that counts as the call."""

from tests.scenarios.night import Night


async def test_called_by_telephone(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120), join_s=180)
    await night.connects("Rita")
    await night.request("CT emergency", wants_call=True)
    await night.accepts("Rita")
    await night.passes(seconds=100)
    await night.opens("Rita", by_phone=True)
    await night.passes(minutes=10)
    seen = await night.sees()
    assert (seen.state, seen.accepted_by) == ("working", "Rita")
    assert seen.told("working") == [{"by_phone": True}]
