"""Stamps: what a finished step was made from, so that it is repeated only on change."""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

SKIPPED = {"node_modules", "dist", "tests", "__pycache__"}


def digest(*texts: str) -> str:
    """Return one SHA-256 over several texts, each kept apart from the next."""
    whole = hashlib.sha256()
    for text in texts:
        whole.update(hashlib.sha256(text.encode()).digest())
    return whole.hexdigest()


def digest_files(root: Path, paths: Iterable[Path]) -> str:
    """Return one SHA-256 over the names and bytes of `paths`, in the order of their names."""
    whole = hashlib.sha256()
    for path in sorted(paths):
        whole.update(str(path.relative_to(root)).encode() + b"\0")
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def sources(root: Path) -> list[Path]:
    """Return every file under `root` that is neither installed nor built nor a test."""
    found: list[Path] = []
    for folder, below, names in os.walk(root):
        below[:] = [name for name in below if name not in SKIPPED]
        found.extend(Path(folder, name) for name in names)
    return found


def is_current(stamp: Path, name: str, value: str) -> bool:
    """Tell whether the step `name` last finished with exactly this input."""
    return _read(stamp).get(name) == value


def record(stamp: Path, **finished: str) -> None:
    """Remember the inputs of finished steps."""
    stamp.write_text(json.dumps(_read(stamp) | finished, indent=1, sort_keys=True) + "\n")


def _read(stamp: Path) -> dict[str, str]:
    try:
        found = json.loads(stamp.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Let one process at a time set the machine up."""
    lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # the folder of data
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
