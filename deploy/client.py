"""The web client: its packages installed and its files built, only when something changed."""

from collections.abc import Mapping
from pathlib import Path

from deploy import node, stamps
from deploy.progress import SetupError, run, step


def build(root: Path) -> Path:
    """Return the folder of built files, building it if the sources changed."""
    with stamps.exclusive(root / "data" / "setup.lock"):
        return _build(root)


def install(root: Path) -> Mapping[str, str]:
    """Install the locked npm packages if they changed; return the environment to run npm in."""
    with stamps.exclusive(root / "data" / "setup.lock"):
        return _install(root)


def _build(root: Path) -> Path:
    client = root / "client_web"
    built = client / "dist"
    inputs = stamps.digest_files(client, stamps.sources(client))
    stamp = client / "node_modules" / ".setup.json"
    if (built / "index.html").exists() and stamps.is_current(stamp, "build", inputs):
        return built
    env = _install(root)
    with step("Building the web client"):
        run(["npm", "run", "build"], client, env)
    if not (built / "index.html").exists():
        raise SetupError("the client build left no client_web/dist/index.html")
    stamps.record(stamp, build=inputs)
    return built


def _install(root: Path) -> Mapping[str, str]:
    client = root / "client_web"
    env = node.path_with_node(root)
    stamp = client / "node_modules" / ".setup.json"
    locked = stamps.digest((client / "package-lock.json").read_text())
    if not stamps.is_current(stamp, "packages", locked):
        with step("Installing the client's packages"):
            run(["npm", "ci", "--no-audit", "--no-fund", "--no-update-notifier"], client, env)
        stamps.record(stamp, packages=locked)
    return env
