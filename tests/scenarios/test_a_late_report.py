"""The report is late: the nurse is warned once, and whoever accepted still owes it."""

from tests.scenarios.night import Night


async def test_a_late_report(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120), report_minutes=30)
    await night.connects("Rita")
    await night.request("CT emergency")
    await night.accepts("Rita")
    await night.passes(seconds=30 * 60 - 1)
    assert (await night.sees()).state == "accepted"
    await night.passes(seconds=1)
    seen = await night.sees()
    assert (seen.state, seen.accepted_by) == ("report_pending", "Rita")
    await night.passes(hours=1)
    assert (await night.sees()).story.count("report_overdue") == 1
    await night.writes("Rita")
    await night.signs("Rita")
    assert (await night.sees()).state == "reported"
