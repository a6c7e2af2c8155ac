"""Which version this is: pyproject.toml says it once."""

import tomllib
from pathlib import Path


def of(root: Path) -> str:
    """The version of the project in a folder."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    return str(project["version"])
