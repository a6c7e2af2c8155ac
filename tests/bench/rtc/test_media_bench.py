"""The benchmark itself runs and says what it promises; no figure is judged here."""

import json
import shutil

import pytest

from tests.bench import media
from tests.bench.media_limits import LOSS_MAX, Search
from tests.bench.media_rounds import rows
from tests.bench.scenario import Scenario


@pytest.mark.parametrize("peer", ["aiortc", "janus"])
def test_a_run_reports_both_servers(monkeypatch: pytest.MonkeyPatch, peer: str) -> None:
    if peer == "janus" and shutil.which("janus") is None:
        pytest.skip("janus is absent: it is measured, not needed")
    monkeypatch.setattr(media, "SCENARIOS", (Scenario("1→2", 1, 2),))
    monkeypatch.setattr(media, "LIMITS", ())
    report = media.run(0.5, peer, "1→2")
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert {row["unit"] for row in report["results"]} == {"µs", "%", "ms", "1/s"}
    assert {row["peer"] for row in report["results"]} == set(media.PEERS[peer])
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
    found = rows("x", {"ours": [one], "theirs": [silent]})
    assert [row["value"] for row in found] == [20.0, 0.0, 0.5, 1.0, 10.0]
    assert [row["peer_value"] for row in found] == [None, 100.0, None, None, 0.0]
    assert [row["ratio"] for row in found] == [None, 0.0, None, None, None]


@pytest.mark.parametrize("limit", [1.5, 30.0, 700.0])
def test_the_search_finds_the_limit(limit: float) -> None:
    search = Search(8.0)
    while not search.is_over:
        search.probed(is_clean=search.load <= limit)
    assert search.clean <= limit < search.clean * 1.2


def test_one_disturbed_probe_decides_nothing() -> None:
    search = Search(8.0)
    search.probed(is_clean=False)
    search.probed(is_clean=True)
    assert search.clean == 8.0
    assert search.lossy == 0.0
    assert LOSS_MAX == 0.001


def test_rooms_are_apart() -> None:
    scenario = Scenario("two rooms", 3, 0, rooms=2)
    assert scenario.senders[3] == "room-1:publisher-0"
    assert scenario.watched("room-1:publisher-0") == [4, 5]
    assert scenario.fan_out == 2
    assert Scenario("1→20", 1, 20).fan_out == 20
