"""A critical finding that nobody reads back reminds, again and again, until somebody hears it."""

from tests.scenarios.night import Night


async def test_a_critical_finding_is_heard_by_nobody(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120))
    await night.connects("Nina", "Rita")
    await night.request("CT emergency")
    await night.accepts("Rita")
    await night.writes("Rita", critical="Aortic dissection")
    await night.passes(hours=1)
    told = (await night.sees()).told("unheard")
    assert len(told) > 1
    assert {one["why"] for one in told} == {"critical"}
    assert await night.incidents("guard.unheard_no_cover") > 0, "nobody else is on duty there"
    await night.is_read_back("Rita", receiver="Dr Bianchi")
    await night.passes(hours=2)
    assert len((await night.sees()).told("unheard")) == len(told), "heard is heard"
