"""The benchmark itself runs and says what it promises; no figure is judged here."""

import json

import pytest

from tests.bench import media
from tests.bench.media_sides import Scenario


def test_a_run_reports_both_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "SCENARIOS", (Scenario("1→2", 1, 2),))
    monkeypatch.setattr(media, "ROUNDS", 1)
    report = media.run(0.5)
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert report["bench"] == "media"
    assert [row["unit"] for row in report["results"]] == ["µs", "%", "ms", "ms", "1/s"]
    for row in report["results"]:
        assert set(row) == {"name", "value", "unit", "peer", "peer_value", "ratio"}
        assert row["value"] is not None


def test_a_server_that_forwards_nothing_has_no_figure() -> None:
    silent = {
        "due": 10,
        "received": 0,
        "seconds": 1.0,
        "cpu_us": None,
        "latency_us": {"50": None, "99": None},
    }
    one = {**silent, "received": 10, "cpu_us": 20.0, "latency_us": {"50": 500, "99": 1000}}
    rows = media._results(Scenario("x", 1, 1), [one], [silent])
    assert [row["value"] for row in rows] == [20.0, 0.0, 0.5, 1.0, 10.0]
    assert [row["peer_value"] for row in rows] == [None, 100.0, None, None, 0.0]
    assert [row["ratio"] for row in rows] == [None, 0.0, None, None, None]
