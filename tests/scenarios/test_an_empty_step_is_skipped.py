"""The first step is empty: the second rings at once, and the gap is an incident."""

from tests.scenarios.night import Night


async def test_an_empty_step_is_skipped(night: Night) -> None:
    await night.guard("CT emergency", (None, 120), ("Rocco", 120))
    await night.connects("Rocco")
    await night.request("CT emergency")
    assert night.is_alerted("Rocco")
    seen = await night.sees()
    assert (seen.step, seen.no_cover) == (2, False)
    assert await night.incidents("guard.no_cover") == 1
