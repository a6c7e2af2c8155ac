"""A worker with a room whose media must not suffer."""

from collections.abc import AsyncIterator

import pytest

from tests.media.fuzz.witness import Witness, witness


@pytest.fixture
async def beside() -> AsyncIterator[Witness]:
    """The witness room, its media flowing."""
    async with witness() as running:
        yield running
