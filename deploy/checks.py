"""Stages of `run.py check` and `run.py test`: a name, a command, how it ended."""

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from deploy.progress import duration, say

NO_TESTS_RAN = 5  # pytest's exit code when a selection matches nothing
QUIETLESS = ("media/fuzz", "media/pool", "media/recording")  # no browser, and nothing measured
SIDE_BY_SIDE = ("--numprocesses=auto", "--dist=loadfile")


@dataclass(frozen=True, slots=True)
class Tier:
    """Folders of tests that run as one; those with browsers or media want the machine alone."""

    folders: Sequence[str]
    options: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    lane: str = ""
    is_beside: bool = False


TIERS: Mapping[str, Tier] = {
    # It waits more than it computes: five minutes of it cost little beside what only computes.
    "soak": Tier(("media/soak",), env={"SOAK_SECONDS": "300"}, lane="soak"),
    # The longest files first, so that none is waited for alone.
    "core": Tier(
        ("smoke", *QUIETLESS, "scenarios", "adapters", "services", "unit"),
        (*SIDE_BY_SIDE, "--no-loadscope-reorder"),
        is_beside=True,
    ),
    "media": Tier(("media/worker", "impaired", "bench"), ("-m", "not impaired")),
    "e2e": Tier(("e2e",), (*SIDE_BY_SIDE, "-m", "not calls")),
    "calls": Tier(("e2e",), ("-m", "calls")),
}
"""Tiers of tests in the order in which they run."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One command whose exit code decides."""

    name: str
    command: Sequence[str]
    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    report: Path | None = None
    passing: frozenset[int] = frozenset({0})
    lane: str = ""
    """Stages of different lanes run side by side; what each prints comes when it ends."""
    is_beside: bool = False
    """Of no lane, and run while the lanes are; all others without a lane have the machine alone."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a stage ended, and what its tests did."""

    stage: str
    is_good: bool
    seconds: float
    passed: int = 0
    failed: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)


def static_stages(root: Path) -> list[Stage]:
    """Return the checks of the Python code that run nothing."""
    python = sys.executable
    programs = Path(python).parent
    commands = {
        "ruff check": [python, "-m", "ruff", "check", "."],
        "ruff format": [python, "-m", "ruff", "format", "--check", "."],
        "import layers": [str(programs / "lint-imports"), "--no-cache"],
        "mypy": [python, "-m", "mypy"],
    }
    return [Stage(name, command, root, lane="python") for name, command in commands.items()]


def client_stages(root: Path, env: Mapping[str, str], scripts: Sequence[str]) -> list[Stage]:
    """Return the client's own npm scripts as stages."""
    folder = root / "client_web"
    return [
        Stage(f"client {name}", ["npm", "run", "-s", name], folder, env, lane="client")
        for name in scripts
    ]


def pytest_stages(root: Path, arguments: Sequence[str]) -> list[Stage]:
    """Return one stage per tier that has tests; `arguments` go to pytest as they are."""
    passing = frozenset({0, NO_TESTS_RAN} if arguments else {0})
    stages = []
    for name, tier in TIERS.items():
        paths = [f"tests/{name}" for name in tier.folders if _has_tests(root / "tests" / name)]
        report = root / "results" / "tests" / f"{name}.xml"
        options = [f"--junit-xml={report}", *tier.options]
        command = [sys.executable, "-m", "pytest", *options, *paths, *arguments]
        if paths:
            ways = (tier.lane, tier.is_beside)
            stages.append(Stage(f"tests {name}", command, root, tier.env, report, passing, *ways))
    return stages


def _has_tests(folder: Path) -> bool:
    return any(folder.rglob("test_*.py"))


def run_all(stages: Sequence[Stage]) -> list[Outcome]:
    """Run the lanes side by side, with what runs beside them, and then the rest in its order."""
    lanes: dict[str, list[Stage]] = {}
    for stage in stages:
        if stage.lane:
            lanes.setdefault(stage.lane, []).append(stage)
    without = [stage for stage in stages if not stage.lane]
    with ThreadPoolExecutor(max(len(lanes), 1)) as pool:
        running = [pool.submit(_in_turn, lane) for lane in lanes.values()]
        beside = _in_turn([stage for stage in without if stage.is_beside])
        outcomes = [outcome for lane in running for outcome in lane.result()] + beside
    return outcomes + _in_turn([stage for stage in without if not stage.is_beside])


def _in_turn(stages: Sequence[Stage]) -> list[Outcome]:
    return [run(stage) for stage in stages]


def run(stage: Stage) -> Outcome:
    """Run a stage, its output in sight: at once, or of a lane when it has ended."""
    if not stage.lane:
        say(f"\n== {stage.name}")
    if stage.report:
        stage.report.parent.mkdir(parents=True, exist_ok=True)
        stage.report.unlink(missing_ok=True)
    # Compiled modules are kept: tests start many servers, and each would compile them again.
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    start = time.monotonic()
    ended = subprocess.run(
        stage.command,
        cwd=stage.folder,
        env={**env, **stage.env},
        check=False,
        stdout=subprocess.PIPE if stage.lane else None,
        stderr=subprocess.STDOUT if stage.lane else None,
    )
    seconds = time.monotonic() - start
    if stage.lane:
        say(f"\n== {stage.name}\n{ended.stdout.decode(errors='replace').rstrip()}")
    is_good = ended.returncode in stage.passing
    if stage.report is None:
        return Outcome(stage.name, is_good, seconds, int(is_good), int(not is_good))
    return _read_report(stage.name, stage.report, is_good, seconds)


def _read_report(name: str, report: Path, is_good: bool, seconds: float) -> Outcome:
    """Count a JUnit report; a run that died before writing one counts as one failure."""
    if not report.exists():
        return Outcome(name, False, seconds, 0, 1)
    passed, failed, skipped = 0, 0, dict[str, int]()
    for case in ElementTree.parse(report).iter("testcase"):
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif skip is not None:
            reason = skip.get("message") or "skipped"
            skipped[reason] = skipped.get(reason, 0) + 1
        else:
            passed += 1
    return Outcome(name, is_good, seconds, passed, failed or int(not is_good), skipped)


def summarise(outcomes: Sequence[Outcome]) -> bool:
    """Print what each stage took and found; tell whether all of them are good."""
    say("\nStage                 Result       Time   Tests")
    for outcome in outcomes:
        result = "ok" if outcome.is_good else "FAILED"
        counts = f"{outcome.passed} passed, {outcome.failed} failed"
        if outcome.skipped:
            counts += f", {sum(outcome.skipped.values())} skipped"
        say(f"{outcome.stage:<21} {result:<7} {duration(outcome.seconds):>9}   {counts}")
    for reason, count in _skips(outcomes).items():
        say(f"  {reason} ({count})")
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(outcome.failed for outcome in outcomes)
    say(f"\n{passed} passed, {failed} failed, {sum(_skips(outcomes).values())} skipped")
    return all(outcome.is_good for outcome in outcomes)


def _skips(outcomes: Sequence[Outcome]) -> dict[str, int]:
    total: dict[str, int] = {}
    for outcome in outcomes:
        for reason, count in outcome.skipped.items():
            total[reason] = total.get(reason, 0) + count
    return total
