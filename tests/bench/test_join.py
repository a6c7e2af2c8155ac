"""The benchmark of joining runs to its end, and says what it should; not how fast it was."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.bench import join

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RUNS = 3


@pytest.mark.usefixtures("chromium")
async def test_joining_is_measured_run_by_run() -> None:
    report: dict[str, Any] = await asyncio.to_thread(join.run, 10.0, RUNS)
    assert json.loads(json.dumps(report)) == report
    assert len(report["runs_ms"]) == RUNS
    assert all(ms > 0 for ms in report["runs_ms"])
    rows = {row["name"]: row for row in report["results"]}
    assert all(
        row.keys() == {"name", "value", "unit", "peer", "peer_value", "ratio"}
        for row in rows.values()
    )
    median = rows["click → first remote frame, median"]
    slowest = rows["click → first remote frame, p95"]
    assert 0 < median["value"] <= slowest["value"]
    assert slowest["peer_value"] == join.TARGET_MS
    assert slowest["ratio"] == pytest.approx(slowest["value"] / join.TARGET_MS, abs=0.001)
