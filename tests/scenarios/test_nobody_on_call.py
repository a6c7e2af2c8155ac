"""Nobody is on call at any step: the nurse reads NO COVER with a number, at once."""

from tests.scenarios.cast import PHONE
from tests.scenarios.night import Night


async def test_nobody_on_call(night: Night) -> None:
    await night.guard("CT emergency", (None, 120), (None, 120))
    await night.request("CT emergency")
    seen = await night.sees()
    assert (seen.no_cover, seen.phone) == (True, PHONE)
    assert [one["phone"] for one in seen.told("no_cover")] == [PHONE, PHONE]
    assert seen.after("no_cover") == 0
    assert await night.incidents("guard.no_cover") == 2
