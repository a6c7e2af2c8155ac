"""The list of hazards names tests that are there, and no hazard is done without one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LINES = (ROOT / "docs" / "hazards.md").read_text("utf-8").splitlines()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in LINES
    if re.match(r"\| \d", line)
]
COUNTS = {"one": 1, "two": 2, "three": 3, "four": 4}


def files(path: str) -> list[Path]:
    """What a path names: a file, a folder of tests, or several files by a pattern."""
    found = sorted(ROOT.glob(path))
    return [file for one in found for file in ([one] if one.is_file() else one.rglob("test_*.py"))]


def names_in(path: str) -> set[str]:
    """The names of the tests in a file of Python."""
    text = "".join(file.read_text("utf-8") for file in files(path))
    return set(re.findall(r"^(?:async )?def (test_\w+)", text, re.MULTILINE))


def test_every_hazard_is_there_once() -> None:
    assert [int(row[0]) for row in ROWS] == list(range(1, 26))


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_the_tests_of_a_hazard_exist(row: list[str]) -> None:
    number, _, state, mitigation, test = row
    named = [name.partition("::") for name in re.findall(r"`([^`]+)`", test) if "/" in name]
    missing = [path for path, _, _ in named if not files(path)]
    missing += [name for path, _, name in named if name and name not in names_in(path)]
    assert not missing
    if state == "done":
        assert mitigation
        assert named
    for count, prefix in re.findall(r"\((\w+) tests? `(test_hazard_\d+_)…`", test):
        path = [path for path, _, _ in named if test.index(path) < test.index(prefix)][-1]
        assert prefix == f"test_hazard_{number}_"
        assert sum(name.startswith(prefix) for name in names_in(path)) == COUNTS[count]
