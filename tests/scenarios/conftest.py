"""The night: one migrated database, copied for each story."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from server.adapters.database.migrations import migrate
from server.adapters.database.unit_of_work import create_engine
from tests.adapters.databases import empty_database
from tests.scenarios.cast import Cast
from tests.scenarios.clock import StoryClock
from tests.scenarios.ending import ends_well
from tests.scenarios.night import Night

EVENING = datetime(2026, 1, 5, 21, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database at the newest revision, and nothing in it."""
    path = tmp_path_factory.mktemp("scenarios") / "migrated.db"
    asyncio.run(_migrate(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture
async def night(
    request: pytest.FixtureRequest, tmp_path: Path, migrated: Path
) -> AsyncIterator[Night]:
    """A story on SQLite, or on what `request.param` names; it must end well."""
    async with AsyncExitStack() as stack:
        if getattr(request, "param", "sqlite") == "sqlite":
            shutil.copyfile(migrated, tmp_path / "night.db")
            url = f"sqlite+aiosqlite:///{tmp_path / 'night.db'}"
        else:
            url = await stack.enter_async_context(empty_database(request, tmp_path))
            await _migrate(url)
        with capture_logs() as lines:
            night = Night(tmp_path, url, StoryClock(EVENING), Cast())
            stack.push_async_callback(night.close)
            yield night
            await ends_well(night)
        errors = [line for line in lines if line["log_level"] == "error"]
        assert [line for line in errors if line["event"] not in night.expected_errors] == []


async def _migrate(url: str) -> None:
    engine = create_engine(url)
    await migrate(engine)
    await engine.dispose()
