"""What a run of the checks reports."""

import sys
from pathlib import Path

import pytest

from deploy import checks
from deploy.checks import Stage

ROOT = Path(checks.__file__).resolve().parents[1]
REPORT = """<testsuites><testsuite>
<testcase name="a"/><testcase name="b"/><testcase name="c"><failure/></testcase>
<testcase name="d"><skipped message="not run: Redis absent"/></testcase>
<testcase name="e"><error/></testcase>
</testsuite></testsuites>"""


def test_a_stage_is_judged_by_its_exit_code(tmp_path: Path) -> None:
    good = checks.run(Stage("good", [sys.executable, "-c", ""], tmp_path))
    bad = checks.run(Stage("bad", [sys.executable, "-c", "raise SystemExit(3)"], tmp_path))
    assert (good.is_good, good.passed, good.failed) == (True, 1, 0)
    assert (bad.is_good, bad.passed, bad.failed) == (False, 0, 1)


def test_tests_are_counted_from_their_report(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    script = f"open({str(report)!r}, 'w').write({REPORT!r}); raise SystemExit(1)"
    outcome = checks.run(Stage("tests", [sys.executable, "-c", script], tmp_path, {}, report))
    assert (outcome.is_good, outcome.passed, outcome.failed) == (False, 2, 2)
    assert outcome.skipped == {"not run: Redis absent": 1}


def test_a_run_that_dies_before_its_report_is_a_failure(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT)  # of an earlier run
    outcome = checks.run(Stage("tests", [sys.executable, "-c", ""], tmp_path, {}, report))
    assert (outcome.is_good, outcome.failed) == (False, 1)


def test_the_summary_ends_with_the_counts_and_names_what_did_not_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    skipped = {"not run: Redis absent": 2}
    outcomes = [
        checks.Outcome("ruff", True, 1.0, 1, 0),
        checks.Outcome("tests", False, 2.0, 7, 1, skipped),
    ]
    assert not checks.summarise(outcomes)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "8 passed, 1 failed, 2 skipped"
    assert "  not run: Redis absent (2)" in lines


def test_a_tier_without_tests_is_no_stage_and_arguments_reach_pytest(tmp_path: Path) -> None:
    (tmp_path / "tests" / "unit").mkdir(parents=True)
    (tmp_path / "tests" / "unit" / "test_one.py").touch()
    (stage,) = checks.pytest_stages(tmp_path, ["-k", "one"])
    assert stage.name == "tests core"
    assert list(stage.command[-3:]) == ["tests/unit", "-k", "one"]
    assert checks.NO_TESTS_RAN in stage.passing


def test_lanes_run_side_by_side_and_each_in_its_order(tmp_path: Path) -> None:
    wait = "import pathlib, time\nwhile not pathlib.Path('b').exists(): time.sleep(0.01)"
    stages = [
        Stage("waits", [sys.executable, "-c", wait], tmp_path, lane="one"),
        Stage("last", [sys.executable, "-c", "open('b').close()"], tmp_path),
        Stage("makes", [sys.executable, "-c", "open('b', 'w').close()"], tmp_path, lane="two"),
    ]
    assert [(one.stage, one.is_good) for one in checks.run_all(stages)] == [
        ("waits", True),
        ("makes", True),
        ("last", True),
    ]


def test_what_runs_beside_the_lanes_is_over_like_them_before_the_rest(tmp_path: Path) -> None:
    wait = """
import pathlib, time
last = time.monotonic() + 30
while not pathlib.Path("core").exists():
    assert time.monotonic() < last
    time.sleep(0.01)
open("soaked", "w").close()
"""
    over = "import pathlib; assert pathlib.Path('soaked').exists()"
    stages = [
        Stage("soak", _python(wait), tmp_path, lane="a"),
        Stage("media", _python(over), tmp_path),
        Stage("core", _python("open('core', 'w').close()"), tmp_path, is_beside=True),
    ]
    assert [(one.stage, one.is_good) for one in checks.run_all(stages)] == [
        ("soak", True),
        ("core", True),
        ("media", True),
    ]


def test_a_lane_that_fails_fails_the_run_and_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stages = [
        Stage("soak", _python("print('a task was left'); raise SystemExit(1)"), tmp_path, lane="a"),
        Stage("core", _python(""), tmp_path, is_beside=True),
        Stage("media", _python(""), tmp_path),
    ]
    outcomes = checks.run_all(stages)
    assert [one.is_good for one in outcomes] == [False, True, True]
    assert "a task was left" in capsys.readouterr().out
    assert not checks.summarise(outcomes)


def test_the_soak_is_long_beside_the_core_and_over_before_whoever_wants_the_machine() -> None:
    stages = {one.name: one for one in checks.pytest_stages(ROOT, [])}
    assert {name for name, one in stages.items() if one.lane} == {"tests soak"}
    assert {name for name, one in stages.items() if one.is_beside} == {"tests core"}
    assert stages["tests soak"].env == {"SOAK_SECONDS": "300"}
    alone = {"tests media", "tests e2e", "tests calls"}
    assert alone == {name for name, one in stages.items() if not one.lane and not one.is_beside}


def test_no_file_of_tests_is_outside_the_tiers() -> None:
    tests = ROOT / "tests"
    folders = [tests / folder for tier in checks.TIERS.values() for folder in tier.folders]
    files = set(tests.rglob("test_*.py"))
    assert files
    assert {one for one in files if not any(map(one.is_relative_to, folders))} == set()


def _python(script: str) -> list[str]:
    return [sys.executable, "-c", script]
