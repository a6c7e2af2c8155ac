"""One of two processes dies: the other goes on at the next second."""

import pytest

from tests.adapters.databases import KINDS
from tests.scenarios.night import Night


@pytest.mark.parametrize("night", KINDS, indirect=True)
async def test_one_of_two_processes_dies(night: Night) -> None:
    night.start()
    await night.guard("CT emergency", ("Rita", 60), ("Rocco", 60))
    await night.connects("Rita", "Rocco")
    await night.request("CT emergency")
    await night.passes(seconds=30)
    await night.servers.pop(0).close()
    await night.passes(seconds=30)
    seen = await night.sees()
    assert seen.alerted == [("Rita", 1), ("Rocco", 2)]
    assert seen.after("alerted", "Rocco") == 60
