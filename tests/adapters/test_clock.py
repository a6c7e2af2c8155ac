"""The real clock keeps the port's promises, whoever sets the machine's."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from server.adapters.clock import SystemClock
from server.services.ports.clock import Clock


@dataclass
class Machine:
    """A machine whose clock can be set."""

    wall: float = 1_800_000_000.0
    up: float = 1000.0

    def run(self, seconds: float) -> None:
        self.wall += seconds
        self.up += seconds

    def clock(self) -> SystemClock:
        return SystemClock(lambda: self.wall, lambda: self.up)


@pytest.fixture
def machine() -> Machine:
    return Machine()


async def test_instants_are_aware_and_waiting_takes_time() -> None:
    clock: Clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(0.01)
    assert clock.monotonic() - before >= 0.01
    assert abs((datetime.now(UTC) - clock.now()).total_seconds()) < 60
    assert clock.now().utcoffset() == UTC.utcoffset(None)


def test_hazard_4_a_clock_set_back_delays_nothing(machine: Machine) -> None:
    """An escalation 120 s ahead comes after 120 s, not an hour and 120 s later."""
    clock = machine.clock()
    begun = clock.now()
    machine.run(10)
    machine.wall -= 3600
    before = clock.now()
    for _ in range(110):
        machine.run(1)
        assert clock.now() > before
        before = clock.now()
    assert (clock.now() - begun).total_seconds() == pytest.approx(120, abs=2)
    assert clock.ahead_s == pytest.approx(3600, abs=2)
    assert clock.step is not None
    assert clock.step.by.total_seconds() == pytest.approx(-3600)


def test_time_lost_by_a_paused_machine_is_made_up_at_once(machine: Machine) -> None:
    clock = machine.clock()
    machine.run(5)
    machine.wall += 300
    assert clock.now() == datetime.fromtimestamp(machine.wall, UTC)
    assert clock.step is not None
    assert clock.step.by.total_seconds() == pytest.approx(300)
    assert clock.ahead_s == 0


def test_a_small_correction_is_followed_in_silence(machine: Machine) -> None:
    clock = machine.clock()
    for _ in range(400):
        machine.run(1)
        clock.now()
        machine.wall -= 0.001
    machine.run(600)
    assert clock.now() == datetime.fromtimestamp(machine.wall, UTC)
    assert clock.step is None
