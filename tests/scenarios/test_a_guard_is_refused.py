"""Rocco refuses the guard: Rita stays on call with her cases, and nobody is told otherwise."""

from datetime import date

from tests.scenarios.cast import turns
from tests.scenarios.night import Night


async def test_a_guard_is_refused(night: Night) -> None:
    days = turns("Rita", "Rocco", hour=8, since=date(2026, 11, 22))
    night.begins("2026-11-23 07:30")
    await night.guard("CT emergency", (days, 120))
    await night.connects("Rita", "Rocco")
    case = await night.request("CT emergency")
    await night.accepts("Rita")
    await night.passes_until("2026-11-23 08:01")
    await night.refuses_the_guard("Rocco")
    await night.restart()
    seen = await night.sees(case)
    assert seen.accepted_by == "Rita"
    assert [one["state"] for one in seen.told("handover")] == ["offered", "refused"]
    second = await night.request("CT emergency")
    assert night.is_alerted("Rita", second)
    assert not night.is_alerted("Rocco", second)
