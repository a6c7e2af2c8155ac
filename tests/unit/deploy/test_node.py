"""Which Node.js builds the client."""

import json
import sys
from pathlib import Path

import pytest

from deploy import environment, node
from deploy.progress import SetupError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    client = tmp_path / "client_web"
    client.mkdir()
    (client / "package.json").write_text(json.dumps({"engines": {"node": ">=20"}}))
    packages = {
        "node_modules/strict": {"engines": {"node": "^20.19 || >=22"}},
        "node_modules/optional": {"engines": {"node": ">=99"}, "optional": True},
        "node_modules/old": {"engines": ["node >= 0.4"]},
    }
    (client / "package-lock.json").write_text(json.dumps({"packages": packages}))
    return tmp_path


def test_every_package_that_is_always_installed_has_its_say(root: Path) -> None:
    assert node.wanted_ranges(root / "client_web") == {">=20", "^20.19 || >=22"}


def test_the_machines_own_is_taken_when_it_fits(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = _programs(root / "bin", "v20.19.0")
    monkeypatch.setenv("PATH", str(programs))
    assert node.path_with_node(root)["PATH"] == str(programs)


def test_another_is_installed_when_it_does_not_fit(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: list[str] = []
    monkeypatch.setenv("PATH", str(_programs(root / "bin", "v18.0.0")))
    monkeypatch.setattr(environment, "require", lambda _root, name: installed.append(name))
    monkeypatch.setattr(node, "_link", lambda link, _to: _programs(link.parent, "v24.1.0"))
    path = node.path_with_node(root)["PATH"].split(":")
    assert installed == [node.PACKAGE]
    assert path[0] == str(root / ".venv" / "bin")


def test_none_that_fits_is_said(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(root))
    monkeypatch.setattr(environment, "require", lambda _root, _name: None)
    monkeypatch.setattr(node, "_link", lambda link, _to: _programs(link.parent, "v18.0.0"))
    with pytest.raises(SetupError, match=r"no Node\.js satisfies"):
        node.path_with_node(root)


def _programs(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("node", "npm"):
        program = folder / name
        program.write_text(f"#!{sys.executable}\nprint({version!r})\n")
        program.chmod(0o755)
    return folder
