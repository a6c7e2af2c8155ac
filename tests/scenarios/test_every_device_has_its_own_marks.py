"""Delivered and seen are marked device by device, and the nurse reads them as they come."""

from tests.scenarios.night import Night


async def test_every_device_has_its_own_marks(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120))
    await night.connects("Rita")
    await night.connects("Rita", device="phone")
    await night.request("CT emergency")
    await night.passes(seconds=7)
    await night.looks("Rita", device="phone")
    marks = {
        one["device"]: (one["delivered_at"] is not None, one["seen_at"] is not None)
        for one in (await night.sees()).wire["notifications"]
    }
    assert marks == {"desk": (True, False), "phone": (True, True)}
    assert (await night.sees()).after("seen") == 7
    assert (await night.sees()).story.count("delivered") == 2
