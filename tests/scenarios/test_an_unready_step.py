"""Rita's page is silent: she is alerted all the same, Rocco beside her, and the nurse sees why."""

from tests.scenarios.night import Night


async def test_an_unready_step(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120), ("Rocco", 120), ("Renata", 120))
    await night.connects("Rita", sound=False)
    await night.connects("Rocco", "Renata")
    await night.request("CT emergency")
    assert night.is_alerted("Rita")
    assert night.is_alerted("Rocco")
    assert not night.is_alerted("Renata")
    assert (await night.sees()).ready == {"Rita": False, "Rocco": True}
    await night.accepts("Rita")
    assert (await night.sees()).accepted_by == "Rita"
