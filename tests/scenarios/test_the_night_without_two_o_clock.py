"""The clocks skip from 02:00 to 03:00 while it rings: the step is due after 120 real seconds."""

from datetime import date

from tests.scenarios.cast import turns
from tests.scenarios.night import Night


async def test_the_night_without_two_o_clock(night: Night) -> None:
    at_two = turns("Rita", "Rocco", hour=2, since=date(2026, 3, 28))
    night.begins("2026-03-29 01:59")
    await night.guard("CT emergency", (at_two, 120), (at_two, 120))
    await night.connects("Rita", "Rocco")
    await night.request("CT emergency")
    assert night.is_alerted("Rita")
    await night.passes(seconds=119)
    assert not night.is_alerted("Rocco")
    await night.passes(seconds=1)
    assert night.clock.at_rome() == "03:01:00"
    assert night.is_alerted("Rocco"), "his turn began at the first instant past the gap"
