"""Everybody is cut off while twenty requests come: on reconnecting, the most urgent ring first."""

from tests.scenarios.night import Night

MIXED = ("routine", "emergency", "urgent", "emergency") * 5


async def test_everybody_is_cut_off(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 600), ("Rocco", 600))
    await night.connects("Rita", "Rocco")
    night.vanishes("Rita", "Rocco")
    cases = {await night.request("CT emergency", priority): priority for priority in MIXED}
    await night.passes(seconds=40)
    await night.connects("Rita", "Rocco")
    for name in ("Rita", "Rocco"):
        page = night.page(name)
        assert page is not None
        assert set(page.ringing) == set(cases), "none is lost"
        assert set(page.sounds().values()) == {1}, "none is doubled"
        order = [cases[alert["request"]] for alert in page.heard]
        assert order == ["emergency"] * 10 + ["urgent"] * 5 + ["routine"] * 5
    for case in cases:
        assert (await night.sees(case)).story.count("delivered") == 2
