"""The real clock keeps the port's promises."""

from datetime import UTC, datetime

from server.adapters.clock import SystemClock
from server.services.ports.clock import Clock


async def test_instants_are_aware_and_waiting_takes_time() -> None:
    clock: Clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(0.01)
    assert clock.monotonic() - before >= 0.01
    assert abs((datetime.now(UTC) - clock.now()).total_seconds()) < 60
    assert clock.now().utcoffset() == UTC.utcoffset(None)
