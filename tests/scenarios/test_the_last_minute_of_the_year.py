"""It rings over midnight of New Year: the step is due in the new year, on its rota."""

from datetime import date

from tests.scenarios.cast import turns
from tests.scenarios.night import Night


async def test_the_last_minute_of_the_year(night: Night) -> None:
    at_midnight = turns("Rita", "Rocco", hour=0, since=date(2026, 12, 31))
    night.begins("2026-12-31 23:59")
    await night.guard("CT emergency", (at_midnight, 120), (at_midnight, 120))
    await night.connects("Rita", "Rocco")
    await night.request("CT emergency")
    assert night.is_alerted("Rita")
    await night.passes(seconds=120)
    assert night.clock.at_rome() == "00:01:00"
    assert night.is_alerted("Rocco")
    assert (await night.sees()).after("alerted", "Rocco") == 120
