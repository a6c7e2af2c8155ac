"""Rocco does not answer the hand-over: Rita stays on call, hour after hour of his shift."""

from datetime import date

from tests.scenarios.cast import turns
from tests.scenarios.night import Night


async def test_a_guard_is_handed_over_to_nobody_who_answers(night: Night) -> None:
    days = turns("Rita", "Rocco", hour=8, since=date(2026, 11, 22))
    night.begins("2026-11-23 07:59")
    await night.guard("CT emergency", (days, 120), report_minutes=1440)
    await night.connects("Rita", "Rocco")
    await night.request("CT emergency")
    await night.accepts("Rita")
    await night.passes_until("2026-11-23 10:00")
    second = await night.request("CT emergency")
    assert night.is_alerted("Rita", second)
    assert not night.is_alerted("Rocco", second)
    assert (await night.offered("Rocco"))["state"] == "offered"
