"""Pins and requirements say the same thing, and name no place to download from."""

import re
from pathlib import Path

import pytest

from deploy import apt, environment
from deploy.progress import SetupError

ROOT = Path(__file__).resolve().parents[3]


def test_every_direct_requirement_is_pinned() -> None:
    names = {
        environment.normalise(re.split(r"[\[<>=!~; ]", requirement)[0])
        for requirement in environment.requirements(ROOT, ["test"])
    }
    assert names - environment.pins(ROOT).keys() == set()


def test_constraints_are_exact_versions_and_nothing_else() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []


def test_extras_add_to_the_base() -> None:
    base = environment.requirements(ROOT)
    assert environment.requirements(ROOT, ["test"])[: len(base)] == base
    assert len(environment.requirements(ROOT, ["test"])) > len(base)


def test_a_missing_ensurepip_is_named_where_it_cannot_be_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    monkeypatch.setattr(apt, "is_available", lambda: False)
    with pytest.raises(SetupError, match=r"ensurepip.*apt install python3\.\d+-venv"):
        environment.enter(tmp_path)
