"""Rita is on call in both steps: she is alerted again, and the request is not stuck."""

from tests.scenarios.night import Night


async def test_the_second_step_is_the_same_person(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 60), ("Rita", 60), ("Rocco", 60))
    await night.connects("Rita", "Rocco")
    await night.request("CT emergency")
    await night.passes(seconds=120)
    assert (await night.sees()).alerted == [("Rita", 1), ("Rita", 2), ("Rocco", 3)]
    await night.accepts("Rita")
    assert not night.is_alerted("Rita")
    assert not night.is_alerted("Rocco")
    assert (await night.sees()).outcomes == {"Rita": "accepted", "Rocco": "taken"}
