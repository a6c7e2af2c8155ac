"""One furnished server per test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.smoke.api.world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """The composed server on SQLite."""
    async with World.start(tmp_path) as world:
        yield world
