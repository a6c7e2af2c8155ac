"""Debian packages, where this process may install them."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from deploy.progress import run


def is_available() -> bool:
    """Tell whether this process may install Debian packages."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(packages: Sequence[str]) -> None:
    """Install Debian packages without asking; raises SetupError with apt's own words."""
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "-q"], Path("/"), env)
    run(["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages], Path("/"), env)
