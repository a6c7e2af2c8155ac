"""CPU per forwarded packet, loss and latency, beside aiortc's own forwarding in the same run.

`python -m tests.bench.media [--seconds N] [--json PATH]`
"""

import argparse
import asyncio
import contextlib
import json
import os
import platform
import statistics
import sys
from pathlib import Path
from typing import Any

from tests.bench.media_sides import AiortcSide, OurSide, Scenario, Side, measure

ROUNDS = 3
SCENARIOS = (
    Scenario("1→3", 1, 3),
    Scenario("1→20", 1, 20),
    Scenario("1→20 loaded", 1, 20, multiplier=4),
    Scenario("1→20 without bursts", 1, 20, paced=True),
    Scenario("4-person consult loaded", 4, 0, multiplier=4),
)
PEER = "aiortc forwarding"

Value = float | None


def run(seconds: float) -> dict[str, Any]:
    """Measure each scenario and server for that many seconds, in interleaved rounds."""
    return asyncio.run(_run(seconds))


async def _run(seconds: float) -> dict[str, Any]:
    results = []
    for scenario in SCENARIOS:
        ours, theirs = await _compare(scenario, seconds / ROUNDS)
        results += _results(scenario, ours, theirs)
    return {"bench": "media", "machine": _machine(), "results": results}


async def _compare(scenario: Scenario, seconds: float) -> tuple[list[Any], list[Any]]:
    async with contextlib.AsyncExitStack() as stack:
        ours: Side = await OurSide.start()
        stack.push_async_callback(ours.close)
        theirs: Side = await AiortcSide.start()
        stack.push_async_callback(theirs.close)
        await ours.set_up(scenario)
        await theirs.set_up(scenario)
        rounds = [
            (await measure(ours, scenario, seconds), await measure(theirs, scenario, seconds))
            for _ in range(ROUNDS)
        ]
    return [one for one, _ in rounds], [other for _, other in rounds]


def _results(scenario: Scenario, ours: list[Any], theirs: list[Any]) -> list[dict[str, Any]]:
    def row(what: str, unit: str, value: Value, peer_value: Value) -> dict[str, Any]:
        return {
            "name": f"{scenario.name}: {what}",
            "value": _rounded(value),
            "unit": unit,
            "peer": PEER,
            "peer_value": _rounded(peer_value),
            "ratio": _rounded(value / peer_value) if value is not None and peer_value else None,
        }

    return [
        row("CPU per forwarded packet", "µs", _cpu(ours), _cpu(theirs)),
        row("loss", "%", _loss(ours), _loss(theirs)),
        row("one-way latency p50", "ms", _latency(ours, "50"), _latency(theirs, "50")),
        row("one-way latency p99", "ms", _latency(ours, "99"), _latency(theirs, "99")),
        row("packets forwarded", "1/s", _rate(ours), _rate(theirs)),
    ]


def _rounded(value: Value) -> Value:
    return None if value is None else round(value, 3)


def _median(values: list[Value]) -> Value:
    """Of the rounds in which anything arrived."""
    measured = [value for value in values if value is not None]
    return statistics.median(measured) if measured else None


def _cpu(rounds: list[Any]) -> Value:
    return _median([one["cpu_us"] for one in rounds])


def _latency(rounds: list[Any], quantile: str) -> Value:
    microseconds = _median([one["latency_us"][quantile] for one in rounds])
    return None if microseconds is None else microseconds / 1000


def _loss(rounds: list[Any]) -> Value:
    due = sum(one["due"] for one in rounds)
    return 100 * (1 - sum(one["received"] for one in rounds) / due) if due else None


def _rate(rounds: list[Any]) -> Value:
    return float(sum(one["received"] for one in rounds) / sum(one["seconds"] for one in rounds))


def _machine() -> dict[str, Any]:
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "cpu": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    result = run(options.seconds)
    text = json.dumps(result, indent=2, ensure_ascii=False)
    if options.json is not None:
        options.json.write_text(text + "\n")
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
