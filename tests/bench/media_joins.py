"""What one more subscriber costs: CPU to connect it, memory to keep it."""

from collections.abc import Mapping
from typing import Any

from tests.bench.media_sides import CONNECT_S, Side, set_up
from tests.bench.process import cpu_s, resident_mib
from tests.bench.report import compare
from tests.bench.scenario import Scenario

PEERS = 40
FLOW_S = 2.0
BEFORE = Scenario("one watches", 1, 1)
AFTER = Scenario("many watch", 1, 1 + PEERS)


async def rows(sides: Mapping[str, Side]) -> list[Any]:
    """Measured with media flowing before and after, none while they connect."""
    measured = {name: await _measure(side) for name, side in sides.items()}
    cpu = {name: cpu_ms for name, (cpu_ms, _) in measured.items()}
    memory = {name: mib for name, (_, mib) in measured.items()}
    return [
        *compare("CPU per subscriber's join", "ms", cpu),
        *compare("memory per subscriber", "MiB", memory),
    ]


async def _measure(side: Side) -> tuple[float, float]:
    await set_up(side, BEFORE)
    await _flow(side)
    memory, cpu = resident_mib(side.pid), cpu_s(side.pid)
    await side.subscribe(AFTER, AFTER.receivers[1:])
    await side.generator.ask("connect", timeout=CONNECT_S)
    spent = cpu_s(side.pid) - cpu
    await _flow(side)
    return spent * 1000 / PEERS, (resident_mib(side.pid) - memory) / PEERS


async def _flow(side: Side) -> None:
    await side.generator.ask("start")
    await side.generator.ask("wait", seconds=FLOW_S)
    await side.generator.ask("stop")
