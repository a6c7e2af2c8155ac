"""Rita gives it back at 03:00 with nobody else on call, and takes it again herself."""

from tests.scenarios.night import Night


async def test_released_at_three_in_the_morning(night: Night) -> None:
    night.begins("2026-11-23 02:50")
    await night.guard("CT emergency", ("Rita", 120), (None, 120))
    await night.connects("Rita")
    await night.request("CT emergency")
    await night.accepts("Rita")
    report = (await night.sees()).wire["report"]
    await night.passes_until("2026-11-23 03:00")
    await night.releases("Rita")
    await night.passes(seconds=45)
    assert night.is_alerted("Rita")
    await night.accepts("Rita")
    seen = await night.sees()
    assert (seen.state, seen.accepted_by) == ("accepted", "Rita")
    assert seen.wire["report"] == report, "her draft is still there"
