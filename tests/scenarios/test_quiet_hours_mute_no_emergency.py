"""Rita sleeps: what can wait comes without a sound, an emergency sounds all the same."""

from datetime import time

from server.domain.quiet_hours import QuietHours
from tests.scenarios.cast import ZONE
from tests.scenarios.night import Night


async def test_quiet_hours_mute_no_emergency(night: Night) -> None:
    night.begins("2026-11-23 06:59")
    await night.guard("CT emergency", ("Rita", 120))
    await night.connects("Rita")
    asleep = QuietHours(time(23), time(7), ZONE)
    await night.server.guard.quiet.replace(night.cast.people["Rita"], [asleep])
    cases = [await night.request("CT emergency", each) for each in ("routine", "emergency")]
    page = night.page("Rita")
    assert page is not None
    silent = {alert["request"]: alert["silent_on"] for alert in page.heard}
    assert silent == {cases[0]: ["*"], cases[1]: []}
    await night.passes_until("2026-11-23 07:01")
    assert page.heard[-1]["silent_on"] == [], "in the morning everything sounds"
    assert {*page.ringing} == {*cases}
