"""Fifty routine requests wait: the emergency that comes last is the first of the queue."""

from tests.scenarios.night import Night


async def test_fifty_routine_and_one_emergency(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 3600))
    await night.connects("Rita")
    routine = [await night.request("CT emergency", "routine") for _ in range(50)]
    emergency = await night.request("CT emergency", "emergency")
    assert night.is_alerted("Rita", emergency)
    assert await night.queue("Rita") == [emergency, *routine]
    page = night.page("Rita")
    assert page is not None
    page.heard.clear()
    await night.restart()
    assert page.heard[0]["request"] == emergency
    assert set(page.sounds().values()) == {1}
    assert len(page.heard) == 51
