"""A critical finding: no final report before somebody heard it and read it back."""

from tests.scenarios.night import Night, refused


async def test_a_critical_finding_is_read_back(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120))
    await night.connects("Rita")
    await night.request("CT emergency")
    await night.accepts("Rita")
    await night.writes("Rita", critical="Aortic dissection")
    with refused("read-back-missing"):
        await night.signs("Rita")
    await night.signs("Rita", interim=True)
    await night.is_read_back("Rita", receiver="Dr Bianchi")
    await night.signs("Rita")
    assert (await night.sees()).state == "reported"
