"""Fixtures that every tier may ask for: real servers and browsers, or a named absence."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from server.adapters.database import sqlite
from tests.servers import orthanc, postgres, redis
from tests.servers.absence import not_run

# A busy machine is no defect: examples take as long as they take.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session", autouse=True)
def durable() -> Iterator[tuple[str, ...]]:
    """The product's settings of SQLite; within tests no file need outlive a power cut.

    Processes that tests start have the product's own, and PostgreSQL's clusters are set alike.
    """
    own = sqlite.PRAGMAS
    with pytest.MonkeyPatch.context() as patch:
        quick = tuple(one.replace("synchronous=FULL", "synchronous=OFF") for one in own)
        patch.setattr(sqlite, "PRAGMAS", quick)
        yield own


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """SQLAlchemy (asyncpg) URL of an empty database in a throw-away cluster."""
    programs = postgres.binaries()
    if programs is None:
        not_run("PostgreSQL")
    with postgres.cluster(programs) as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """URL of an empty Redis server that keeps nothing."""
    program = shutil.which("redis-server")
    if program is None:
        not_run("Redis")
    with redis.server(program) as url:
        yield url


@pytest.fixture(scope="session")
def orthanc_url() -> Iterator[str]:
    """Root URL of an empty Orthanc with DICOMweb."""
    program = orthanc.program()
    if program is None:
        not_run("Orthanc")
    with orthanc.server(program) as url:
        yield url


@pytest.fixture(scope="session")
def coturn() -> str:
    """Path of Debian's TURN relay."""
    program = shutil.which("turnserver")
    if program is None:
        not_run("coturn")
    return program


@pytest.fixture(scope="session")
def gstreamer() -> str:
    """Debian's Python, which has the bindings of GStreamer's WebRTC."""
    if not any(Path("/usr/lib").glob("*/girepository-1.0/GstWebRTC-1.0.typelib")):
        not_run("GStreamer")
    return "/usr/bin/python3"


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the Chromium that Playwright starts by `executable_path`."""
    return _browser("Chromium", "chromium", "chromium-browser")


@pytest.fixture(scope="session")
def firefox() -> str:
    """Path of the Firefox ESR that marionette-driver starts."""
    return _browser("Firefox ESR", "firefox-esr")


def _browser(component: str, *programs: str) -> str:
    path = next(filter(None, map(shutil.which, programs)), None)
    if path is None:
        not_run(component)
    return path
