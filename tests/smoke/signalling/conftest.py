"""One running node per test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.smoke.signalling.network import Node


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    """A node on SQLite and the in-process bus."""
    node = await Node.start(f"sqlite+aiosqlite:///{tmp_path / 'node.db'}")
    yield node
    await node.close()
