"""Real components: found, installed where that is allowed, or named as absent."""

from pathlib import Path

import pytest

from deploy import apt, components
from deploy.components import Component
from deploy.progress import SetupError

ABSENT = Component("Nothing", ("nothing",), ("no-such-program",))
PRESENT = Component("Shell", ("dash",), ("sh",))


def test_what_is_absent_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "is_available", lambda: False)
    assert components.ensure([PRESENT, ABSENT]) == ["Nothing"]


def test_only_what_is_missing_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(apt, "is_available", lambda: True)
    monkeypatch.setattr(apt, "install", asked.extend)
    components.ensure([PRESENT, ABSENT])
    assert asked == ["nothing"]


def test_a_failed_installation_leaves_the_component_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_packages: list[str]) -> None:
        raise SetupError("no network")

    monkeypatch.setattr(apt, "is_available", lambda: True)
    monkeypatch.setattr(apt, "install", refuse)
    assert components.ensure([ABSENT]) == ["Nothing"]


def test_a_program_is_found_in_its_own_place(tmp_path: Path) -> None:
    (tmp_path / "15" / "bin").mkdir(parents=True)
    (tmp_path / "15" / "bin" / "initdb").touch()
    place = f"{tmp_path.relative_to('/')}/*/bin/initdb"
    assert Component("PostgreSQL", (), ("no-such-program",), (place,)).is_present()
