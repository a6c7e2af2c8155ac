"""Forwarding beside another server, in interleaved rounds of the same run.

`python3 run.py bench media [--peer janus|aiortc|none] [--only TEXT] [--seconds N]`: each scenario
is measured for that many seconds a server. Servers run on the first core, generators on the second.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

from tests.bench import media_joins
from tests.bench.janus_side import JanusSide
from tests.bench.media_limits import limits
from tests.bench.media_rounds import rounds, rows
from tests.bench.media_sides import AiortcSide, OurSide, Side, set_up
from tests.bench.report import compare, row, table, tell
from tests.bench.scenario import Scenario

ROOM = Scenario("one room of 4", 4, 0)
ROOMS = Scenario("4 rooms of 4", 4, 0, rooms=4)
SCENARIOS = (
    Scenario("1→3", 1, 3),
    Scenario("1→20", 1, 20),
    Scenario("1→20 ×4", 1, 20, multiplier=4),
    Scenario("1→20 paced", 1, 20, paced=True),
    Scenario("1→20 ×4 paced", 1, 20, multiplier=4, paced=True),
    ROOM,
    replace(ROOM, name="one room of 4 ×4", multiplier=4),
    ROOMS,
    replace(ROOMS, name="4 rooms of 4 paced", paced=True),
)
LIMITS = (
    (Scenario("1→20", 1, 20), 8.0),
    (Scenario("1→20 paced", 1, 20, paced=True), 6.0),
    (ROOMS, 2.0),
)
OURS = "ours"
Start = Callable[[], Awaitable[Side]]
PEERS: dict[str, dict[str, Start]] = {
    "janus": {
        "janus event_loops=1": partial(JanusSide.start, 1),
        "janus default": partial(JanusSide.start, None),
    },
    "aiortc": {"aiortc forwarding": AiortcSide.start},
    "none": {},
}


def run(seconds: float, peer: str = "aiortc", only: str = "") -> dict[str, Any]:
    """Measure each part whose title contains `only`."""
    if peer not in PEERS:
        raise ValueError(f"no peer '{peer}'; there are: {', '.join(PEERS)}")
    results = asyncio.run(_run(seconds, peer, only))
    table(results)
    return {"results": results}


async def _run(seconds: float, peer: str, only: str) -> list[Any]:
    starts: dict[str, Start] = {OURS: OurSide.start, **PEERS[peer]}
    results: list[Any] = []
    for scenario in SCENARIOS:
        if only in scenario.name:
            results += await _load(starts, scenario, seconds)
    if peer == "aiortc":
        return results
    for scenario, start in LIMITS:
        if only in f"limit {scenario.name}":
            results += await _limit(starts, scenario, seconds, start)
    if only in "joins":
        async with _sides(starts) as sides:
            results += await media_joins.rows(sides)
            table(results[-2 * max(1, len(sides) - 1) :])
    return results


async def _load(starts: dict[str, Start], scenario: Scenario, seconds: float) -> list[Any]:
    tell(f"— {scenario.name}")
    async with _sides(starts) as sides:
        for side in sides.values():
            await set_up(side, scenario)
        found = rows(scenario.name, await rounds(sides, scenario, seconds))
    table(found)
    return found


async def _limit(
    starts: dict[str, Start], scenario: Scenario, seconds: float, start: float
) -> list[Any]:
    """The limit of each server, then latency at half the load of the first peer's limit."""
    title = f"limit {scenario.name}"
    tell(f"— {title}")
    async with _sides(starts) as sides:
        for side in sides.values():
            await set_up(side, scenario)
        most = await limits(sides, scenario, max(0.5, seconds / 6), start)
        found = compare(
            f"{title}: packets forwarded with <0.1 % loss",
            "1/s",
            {name: limit.packets_per_s for name, limit in most.items()},
        )
        found.append(row(f"{title}: generator busy then", "%", 100 * most[OURS].generator_busy))
        reference = list(most.values())[min(1, len(most) - 1)]
        half = replace(scenario, multiplier=max(1.0, reference.multiplier / 2))
        at_half = await rounds(sides, half, seconds)
        found += rows(f"{scenario.name} at half load (×{half.multiplier:.1f})", at_half)
    table(found)
    return found


@contextlib.asynccontextmanager
async def _sides(starts: dict[str, Start]) -> AsyncIterator[dict[str, Side]]:
    async with contextlib.AsyncExitStack() as stack:
        sides: dict[str, Side] = {}
        for name, start in starts.items():
            sides[name] = await start()
            stack.push_async_callback(sides[name].close)
        yield sides
