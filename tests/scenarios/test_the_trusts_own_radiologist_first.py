"""A trust with a rota of its own: its radiologist first, then the guard that all share."""

from tests.scenarios.night import Night


async def test_the_trusts_own_radiologist_first(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120), ("Rocco", 120), own=("Olga", 45))
    await night.connects("Olga", "Rita", "Rocco")
    await night.request("CT emergency")
    assert night.is_alerted("Olga")
    assert not night.is_alerted("Rita")
    await night.passes(seconds=44)
    assert not night.is_alerted("Rita")
    await night.passes(seconds=1)
    assert night.is_alerted("Rita"), "then whoever serves everybody"
    assert (await night.sees()).alerted == [("Olga", 1), ("Rita", 2)]
    await night.accepts("Rita")
    assert night.told("Olga") == [("taken", "Rita")]


async def test_where_the_trust_has_nobody_the_shared_guard_is_rung_at_once(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120), own=(None, 45))
    await night.connects("Rita")
    await night.request("CT emergency")
    assert night.is_alerted("Rita")
    assert (await night.sees()).alerted == [("Rita", 2)]
