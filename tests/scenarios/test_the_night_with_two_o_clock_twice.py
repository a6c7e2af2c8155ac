"""02:30 comes twice: steps count real seconds, and a turn that began is not taken back."""

from datetime import date

from tests.scenarios.cast import turns
from tests.scenarios.night import Night


async def test_the_night_with_two_o_clock_twice(night: Night) -> None:
    at_two = turns("Rita", "Rocco", hour=2, since=date(2026, 10, 24))
    night.begins("2026-10-25 02:59")
    await night.guard("CT emergency", (at_two, 120), ("Renata", 120))
    await night.connects("Rita", "Rocco", "Renata")
    await night.request("CT emergency")
    assert night.is_alerted("Rocco")
    await night.passes(seconds=119)
    assert not night.is_alerted("Renata")
    await night.passes(seconds=1)
    assert night.clock.at_rome() == "02:01:00", "for the second time"
    assert night.is_alerted("Renata")
    await night.accepts("Rocco")
    await night.passes(minutes=29)
    await night.request("CT emergency")
    assert night.is_alerted("Rocco"), "the second 02:30 is his as well"
    assert not night.sounds("Rita")
