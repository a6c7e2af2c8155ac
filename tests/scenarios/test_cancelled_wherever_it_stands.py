"""The question is moot: a request is cancelled wherever it stands, until its report is there."""

from tests.scenarios.night import Night, refused


async def expect_over(night: Night) -> None:
    await night.cancels()
    assert (await night.sees()).state == "cancelled"
    heard = night.sounds("Rita"), night.sounds("Rocco")
    await night.passes(minutes=20)
    assert (night.sounds("Rita"), night.sounds("Rocco")) == heard
    with refused("guard-moved", state="cancelled"):
        await night.accepts("Rocco")


async def test_cancelled_wherever_it_stands(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 60), ("Rocco", 60), report_minutes=5)
    await night.connects("Rita", "Rocco")
    await night.request("CT emergency")
    await expect_over(night)
    assert night.told("Rita") == [("cancelled", "Nina")]
    await night.request("CT emergency")
    await night.passes(seconds=130)
    assert (await night.sees()).state == "exhausted"
    await expect_over(night)
    await night.request("CT emergency", wants_call=True)
    await night.accepts("Rita")
    await expect_over(night)
    await night.request("CT emergency", wants_call=True)
    await night.accepts("Rita")
    await night.opens("Rita")
    await night.refers("Rita", to="Rocco")
    await expect_over(night)
    assert not night.is_alerted("Rocco")
    await night.request("CT emergency")
    await night.accepts("Rita")
    await night.passes(minutes=5)
    await expect_over(night)
    await night.request("CT emergency")
    await night.accepts("Rita")
    await night.writes("Rita")
    await night.signs("Rita")
    with refused("guard-moved", state="reported"):
        await night.cancels()
