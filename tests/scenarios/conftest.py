"""The night: each story on a copy of a migrated database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.adapters.databases import migrated_database
from tests.scenarios.cast import Cast
from tests.scenarios.clock import StoryClock
from tests.scenarios.ending import ends_well
from tests.scenarios.night import Night

EVENING = datetime(2026, 1, 5, 21, 0, tzinfo=UTC)


@pytest.fixture
async def night(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Night]:
    """A story on SQLite, or on what `request.param` names; it must end well."""
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(migrated_database(request, tmp_path))
        with capture_logs() as lines:
            night = Night(tmp_path, url, StoryClock(EVENING), Cast())
            stack.push_async_callback(night.close)
            yield night
            await ends_well(night)
        errors = [line for line in lines if line["log_level"] == "error"]
        assert [line for line in errors if line["event"] not in night.expected_errors] == []
