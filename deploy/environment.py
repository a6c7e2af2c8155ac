"""The virtual environment: made, filled with pinned packages, and entered."""

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from deploy import apt, stamps
from deploy.progress import SetupError, run, say, step

OLDEST_PYTHON = (3, 11)
EXTRAS = {"test": ["test"], "check": ["test"], "bench": ["test"]}


def enter_for(root: Path, arguments: Sequence[str]) -> None:
    """Enter the environment that a command line needs, or leave saying what is missing."""
    try:
        enter(root, EXTRAS.get(arguments[0], []) if arguments else [])
    except SetupError as error:
        sys.exit(f"run.py: {error}")
    except KeyboardInterrupt:
        sys.exit("run.py: set-up interrupted; the next start takes it up again")


def enter(root: Path, extras: Sequence[str] = ()) -> None:
    """Go on inside `root/.venv` with all pinned packages; returns only when inside it."""
    if sys.version_info < OLDEST_PYTHON:
        raise SetupError("Python 3.11 or newer is needed; this one is " + sys.version.split()[0])
    home = root / ".venv"
    is_inside = Path(sys.prefix).resolve() == home.resolve()
    with stamps.exclusive(root / "data" / "setup.lock"):
        if not is_inside and not _works(home):
            _create(home)
        _install(root, home, extras)
    if not is_inside:
        python = str(home / "bin" / "python")
        os.execv(python, [python, str(root / "run.py"), *sys.argv[1:]])


def require(root: Path, package: str) -> None:
    """Install one pinned package that only some machines need."""
    _pip(root, [package])


def pins(root: Path) -> dict[str, str]:
    """Return the version pinned for each normalised package name."""
    lines = (root / "constraints.txt").read_text().splitlines()
    pairs = (line.split("==", 1) for line in lines if "==" in line)
    return {normalise(name): version.strip() for name, version in pairs}


def normalise(name: str) -> str:
    """Return a package name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def requirements(root: Path, extras: Sequence[str] = ()) -> list[str]:
    """Return the project's direct requirements, with those of the named extras."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"]]
    groups += [project["optional-dependencies"][extra] for extra in extras]
    return [requirement for group in groups for requirement in group]


def _works(home: Path) -> bool:
    python = home / "bin" / "python"
    if not python.exists():
        return False
    probe = f"import pip, sys; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    return subprocess.run([python, "-c", probe], capture_output=True, check=False).returncode == 0


def _create(home: Path) -> None:
    if importlib.util.find_spec("ensurepip") is None:
        _bring_ensurepip()
    with step("Creating the Python environment in .venv"):
        run([sys.executable, "-m", "venv", "--clear", home], home.parent)


def _bring_ensurepip() -> None:
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if not apt.is_available():
        raise SetupError(
            "This Python lacks 'ensurepip', so no environment can be made. "
            f"On Debian or Ubuntu: apt install {package}"
        )
    with step(f"Installing {package}"):
        apt.install([package])


def _install(root: Path, home: Path, extras: Sequence[str]) -> None:
    stamp, step_name = home / "installed.json", "+".join(["base", *extras])
    wanted = requirements(root, extras)
    inputs = stamps.digest(*sorted(wanted), (root / "constraints.txt").read_text())
    if stamps.is_current(stamp, step_name, inputs):
        return
    say(f"Python packages for '{step_name}': the first time takes a minute or two.")
    with step("Installing Python packages"):
        _pip(root, wanted)
    stamps.record(stamp, **{step_name: inputs})


def _pip(root: Path, wanted: Sequence[str]) -> None:
    python = str(root / ".venv" / "bin" / "python")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--no-input"]
    run([*pip, "--constraint", "constraints.txt", *wanted], root)
