"""A final report that the ward does not read reminds until somebody acknowledges it."""

from tests.scenarios.night import Night


async def test_a_report_is_read_by_nobody(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120))
    await night.connects("Nina", "Rita")
    await night.request("CT emergency")
    await night.accepts("Rita")
    await night.writes("Rita")
    await night.signs("Rita")
    await night.passes(hours=2)
    told = (await night.sees()).told("unheard")
    assert told
    assert {one["why"] for one in told} == {"report"}
    await night.acknowledges()
    await night.passes(hours=2)
    assert len((await night.sees()).told("unheard")) == len(told)
