"""Real programs that tests talk to: found on the machine, or installed through apt."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy import apt
from deploy.progress import SetupError, say, step


@dataclass(frozen=True, slots=True)
class Component:
    """A program, the Debian packages that bring it and where it is then found."""

    name: str
    packages: tuple[str, ...]
    programs: tuple[str, ...]
    places: tuple[str, ...] = ()

    def is_present(self) -> bool:
        """Tell whether one of its programs is on PATH or in Debian's own place."""
        on_path = any(shutil.which(program) for program in self.programs)
        return on_path or any(any(Path("/").glob(place)) for place in self.places)


COMPONENTS = (
    Component("Chromium", ("chromium", "fonts-liberation"), ("chromium", "chromium-browser")),
    Component("Firefox ESR", ("firefox-esr",), ("firefox-esr",)),
    Component("coturn", ("coturn",), ("turnserver",)),
    Component("Redis", ("redis-server",), ("redis-server",)),
    Component(
        "Orthanc",
        ("orthanc", "orthanc-dicomweb"),
        (),
        ("usr/share/orthanc/plugins/libOrthancDicomWeb.so",),
    ),
    Component(
        "GStreamer",
        (
            "python3-gst-1.0",
            "gir1.2-gst-plugins-bad-1.0",
            "gstreamer1.0-nice",
            "gstreamer1.0-plugins-good",
            "gstreamer1.0-plugins-bad",
        ),
        (),
        ("usr/lib/*/girepository-1.0/GstWebRTC-1.0.typelib",),
    ),
    Component("PostgreSQL", ("postgresql",), ("initdb",), ("usr/lib/postgresql/*/bin/initdb",)),
)


def ensure(components: Sequence[Component] = COMPONENTS) -> list[str]:
    """Install what is missing where this process may; return the names still absent."""
    missing = [component for component in components if not component.is_present()]
    if missing and apt.is_available():
        _install(missing)
    return [component.name for component in components if not component.is_present()]


def _install(missing: Sequence[Component]) -> None:
    names = ", ".join(component.name for component in missing)
    try:
        with step(f"Installing for the tests: {names}"):
            apt.install([package for component in missing for package in component.packages])
    except SetupError as error:
        say(f"  {error}")
