"""What many tests begin with: made once in each test process, and copied for each test.

Each copy is a test's own, so that nothing one test does is met by another.
"""

from __future__ import annotations

import asyncio
import atexit
import shutil
import tempfile
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from deploy import foundation
from server.adapters.database.migrations import all_tables, migrate
from server.adapters.database.unit_of_work import create_engine as open_engine
from server.adapters.settings import Settings


@cache
def folder() -> Path:
    """Where they are kept until this process ends."""
    made = Path(tempfile.mkdtemp(prefix="prepared-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


@cache
def tables() -> Path:
    """A SQLite file with every declared table."""
    file = folder() / "tables.db"
    engine = create_engine(f"sqlite:///{file}")
    all_tables().create_all(engine)
    engine.dispose()
    return file


@cache
def migrated() -> Path:
    """A SQLite file at the newest revision, and nothing in it."""
    file = folder() / "migrated.db"
    apart(bring_up_to_date(f"sqlite+aiosqlite:///{file}"))
    return file


@cache
def network() -> Path:
    """The data of a server that serves the demo network: database, passwords, keys."""
    data = folder() / "network"
    apart(foundation.prepare(Settings(data_dir=data, certs_dir=folder() / "certs")))
    return data


async def bring_up_to_date(url: str) -> None:
    """Migrate a database, and leave it."""
    engine = open_engine(url)
    await migrate(engine)
    await engine.dispose()


def apart(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end in a loop of its own, whether or not a loop runs here."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()
