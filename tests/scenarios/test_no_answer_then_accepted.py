"""Nobody answered: the nurse reads NO ANSWER with a number, and it may still be accepted."""

from tests.scenarios.cast import PHONE
from tests.scenarios.night import Night


async def test_no_answer_then_accepted(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 60), ("Rocco", 60))
    await night.connects("Rita", "Rocco")
    await night.request("CT emergency")
    await night.passes(seconds=120)
    seen = await night.sees()
    assert seen.state == "exhausted"
    assert seen.after("exhausted") == 120
    assert [one["phone"] for one in seen.told("exhausted")] == [PHONE]
    await night.passes(minutes=3)
    await night.accepts("Rita")
    seen = await night.sees()
    assert (seen.state, seen.accepted_by) == ("accepted", "Rita")
    assert not night.is_alerted("Rocco")
