"""Interleaved rounds of one load on every server: CPU per packet, loss, latency."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from tests.bench.media_sides import Side
from tests.bench.process import cpu_s
from tests.bench.report import Value, compare
from tests.bench.scenario import Scenario

ROUNDS = 3
WARM_S = 1.0


async def measure(side: Side, scenario: Scenario, seconds: float) -> dict[str, Any]:
    """One round: the generator's counts and the server's CPU per forwarded packet in µs."""
    load = {"multiplier": scenario.multiplier, "paced": scenario.paced}
    await side.generator.ask("start", **load)
    await side.generator.ask("wait", seconds=WARM_S)
    await side.generator.ask("count")
    before = cpu_s(side.pid)
    await side.generator.ask("wait", seconds=seconds)
    spent = cpu_s(side.pid) - before
    counted = await side.generator.ask("counted", expect=scenario.expect)
    await side.generator.ask("stop")
    received = counted["received"]
    # The drain after the count moves almost nothing: packets of the window only.
    counted["cpu_us"] = spent / received * 1e6 if received else None
    return counted


async def rounds(
    sides: Mapping[str, Side], scenario: Scenario, seconds: float, count: int = ROUNDS
) -> dict[str, list[dict[str, Any]]]:
    """Every server in turn, again and again, for that many seconds each in all."""
    result: dict[str, list[dict[str, Any]]] = {name: [] for name in sides}
    for _ in range(count):
        for name, side in sides.items():
            result[name].append(await measure(side, scenario, seconds / count))
    return result


def rows(title: str, measured: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Any]:
    """What the rounds of each server gave."""
    quantities = (
        ("CPU per forwarded packet", "µs", _cpu),
        ("loss", "%", _loss),
        ("one-way latency p50", "ms", lambda of: _latency(of, "50")),
        ("one-way latency p99", "ms", lambda of: _latency(of, "99")),
        ("packets forwarded", "1/s", _rate),
    )
    return [
        one
        for what, unit, value in quantities
        for one in compare(
            f"{title}: {what}", unit, {name: value(of) for name, of in measured.items()}
        )
    ]


def _median(values: Sequence[Value]) -> Value:
    """Of the rounds in which anything arrived."""
    present = [value for value in values if value is not None]
    return statistics.median(present) if present else None


def _cpu(of: Sequence[Mapping[str, Any]]) -> Value:
    return _median([one["cpu_us"] for one in of])


def _latency(of: Sequence[Mapping[str, Any]], quantile: str) -> Value:
    microseconds = _median([one["latency_us"][quantile] for one in of])
    return None if microseconds is None else microseconds / 1000


def _loss(of: Sequence[Mapping[str, Any]]) -> Value:
    due = sum(one["due"] for one in of)
    return 100 * (1 - sum(one["received"] for one in of) / due) if due else None


def _rate(of: Sequence[Mapping[str, Any]]) -> Value:
    return float(sum(one["received"] for one in of) / sum(one["seconds"] for one in of))
