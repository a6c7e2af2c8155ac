"""One process of the product: composed by its own composition root, on a database of the story."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy import foundation, joining
from server.adapters.settings import Settings
from server.services.ports.bus import Listener, Notice
from server.services.ports.clock import Clock
from tests.smoke.signalling.media import FakeMedia


class StoryBus:
    """The Bus port: what was published waits here until the story's pages hear it."""

    def __init__(self) -> None:
        self.waiting: deque[Notice] = deque()

    async def publish(self, notice: Notice) -> None:
        self.waiting.append(notice)

    def subscribe(self, _listener: Listener) -> Callable[[], None]:
        return lambda: None

    async def start(self) -> None:
        pass

    async def close(self) -> None:
        pass


class Server:
    """Services and engines; no web around them, and no media workers behind them."""

    def __init__(self, folder: Path, url: str, clock: Clock, bus: StoryBus) -> None:
        chosen = Settings(data_dir=folder, database_url=url)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(joining, "media_pool", lambda _chosen: FakeMedia())
            self.inside = joining.join(chosen, foundation.base(chosen, clock, bus))
        self.database = self.inside.core.database
        self.services = self.inside.services
        self.live = self.inside.live
        self.guard = self.services.care.guard

    async def cycle(self) -> None:
        """Each engine does what is due, beside the others, as in the product."""
        await asyncio.gather(*(engine.cycle() for engine in self.inside.engines.values()))

    @property
    def failures(self) -> dict[str, object]:
        """Steps of the engines that failed."""
        counted = [engine.describe()["step_failures"] for engine in self.inside.engines.values()]
        steps = [item for one in counted if isinstance(one, dict) for item in one.items()]
        return {name: count for name, count in steps if count}

    async def close(self) -> None:
        await self.database.close()
