"""Two accept: the second is told who was first, and nothing changes hands."""

from tests.scenarios.night import Night, refused


async def test_two_accept(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 30), ("Rocco", 30))
    await night.connects("Rita", "Rocco")
    await night.request("CT emergency")
    await night.passes(seconds=30)
    await night.accepts("Rocco")
    with refused("already-accepted", by="Rocco"):
        await night.accepts("Rita")
    await night.accepts("Rocco")  # a second tap does no harm
    seen = await night.sees()
    assert seen.accepted_by == "Rocco"
    assert seen.story.count("accepted") == 1
