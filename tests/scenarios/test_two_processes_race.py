"""Two processes watch over one database: each step is fired once, and on time."""

import pytest

from tests.adapters.databases import KINDS
from tests.scenarios.night import Night


@pytest.mark.parametrize("night", KINDS, indirect=True)
async def test_two_processes_race(night: Night) -> None:
    night.start()
    await night.guard("CT emergency", ("Rita", 60), ("Rocco", 60), ("Renata", 60))
    await night.connects("Rita", "Rocco", "Renata")
    cases = [await night.request("CT emergency") for _ in range(5)]
    await night.passes(seconds=120)
    for case in cases:
        seen = await night.sees(case)
        assert seen.alerted == [("Rita", 1), ("Rocco", 2), ("Renata", 3)]
        assert seen.after("alerted", "Renata") == 120
        assert [night.sounds(name, case) for name in ("Rita", "Rocco", "Renata")] == [9, 5, 1]
