"""Rita's shift ends while it rings: the next step alerts Rocco, whose shift began."""

from datetime import date

from tests.scenarios.cast import turns
from tests.scenarios.night import Night


async def test_a_shift_changes_while_it_rings(night: Night) -> None:
    days = turns("Rita", "Rocco", hour=8, since=date(2026, 11, 22))
    night.begins("2026-11-23 07:59")
    await night.guard("CT emergency", (days, 120), (days, 120))
    await night.connects("Rita", "Rocco")
    await night.request("CT emergency")
    assert night.is_alerted("Rita")
    await night.passes(seconds=120)
    assert night.is_alerted("Rocco")
    assert (await night.sees()).alerted == [("Rita", 1), ("Rocco", 2)]
