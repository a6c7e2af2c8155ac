"""Nobody answers in the first round: each step rings again before the ward hears NO ANSWER."""

from tests.scenarios.night import Night


async def test_the_steps_are_gone_through_again(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 60), ("Rocco", 30), repeats=2)
    await night.connects("Rita", "Rocco")
    await night.request("CT emergency")
    await night.passes(seconds=90)
    assert (await night.sees()).alerted == [("Rita", 1), ("Rocco", 2), ("Rita", 3)]
    await night.restart(after_s=10)
    await night.passes(seconds=169)
    seen = await night.sees()
    assert seen.alerted == [(name, at) for at, name in enumerate(["Rita", "Rocco"] * 3, 1)]
    assert seen.state == "alerting"
    assert seen.after("alerted", "Rita") == 180
    await night.passes(seconds=1)
    seen = await night.sees()
    assert (seen.state, seen.phone) == ("exhausted", "+39 06 5550 0112")
    await night.accepts("Rocco")
    assert (await night.sees()).accepted_by == "Rocco", "it may still be answered"
