"""Rita is on call for two services: both ring, the more urgent first, and each is its own."""

from tests.scenarios.night import Night


async def test_two_services_call_the_same_person(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120), ("Rocco", 120))
    await night.guard("Neuroradiology", ("Rita", 60), ("Renata", 60))
    await night.connects("Rita", "Rocco", "Renata")
    urgent = await night.request("CT emergency", "urgent")
    emergency = await night.request("Neuroradiology", "emergency", by="Noemi")
    assert night.is_alerted("Rita", urgent)
    assert night.is_alerted("Rita", emergency)
    assert await night.queue("Rita") == [emergency, urgent]
    await night.accepts("Rita", emergency)
    assert night.is_alerted("Rita", urgent), "the other goes on ringing"
    await night.passes(seconds=120)
    assert night.is_alerted("Rocco", urgent)
    assert not night.sounds("Renata", emergency)
