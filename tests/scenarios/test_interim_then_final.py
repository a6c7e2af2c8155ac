"""An interim report answers the ward at once; the final one is still owed, then read."""

from tests.scenarios.night import Night, in_turn, refused


async def test_interim_then_final(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120), report_minutes=60)
    await night.connects("Rita")
    await night.request("CT emergency")
    await night.accepts("Rita")
    await night.writes("Rita")
    await night.signs("Rita", interim=True)
    seen = await night.sees()
    assert (seen.state, seen.wire["report_state"]) == ("report_pending", "interim")
    with refused("guard-moved", state="report_pending"):
        await night.acknowledges()
    await night.passes(minutes=60)
    assert "report_overdue" in (await night.sees()).story
    await night.signs("Rita")
    seen = await night.sees()
    assert (seen.state, seen.wire["report_state"]) == ("reported", "final")
    await night.acknowledges()
    seen = await night.sees()
    assert seen.state == "closed"
    assert in_turn(seen.story, "accepted", "reported", "report_overdue", "reported", "closed")
