"""An in-process worker, driven by the same requests as over the control channel."""

import asyncio
import datetime
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from media.protocol import Configure, Event, Request, SubscribeOffer
from media.worker.service import Worker

DEADLINE_S = 20.0


class Plane:
    """A worker and the events it made."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        today = datetime.datetime.fromtimestamp(time.time(), datetime.UTC)
        loop = asyncio.get_running_loop()
        self.worker = Worker(loop, time.monotonic, today, self._emit)
        self.on_offer: dict[str, Callable[[SubscribeOffer], None]] = {}

    def _emit(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, SubscribeOffer) and event.peer in self.on_offer:
            self.on_offer[event.peer](event)

    def request(self, request: Request) -> Mapping[str, Any]:
        """The result; raises MediaError."""
        return self.worker.handle(request)

    def offers(self, peer: str) -> list[SubscribeOffer]:
        """What the peer was offered, in order."""
        return [e for e in self.events if isinstance(e, SubscribeOffer) and e.peer == peer]


@asynccontextmanager
async def plane(address: str = "127.0.0.1") -> AsyncIterator[Plane]:
    """A configured worker on an ephemeral port."""
    made = Plane()
    made.request(Configure(((address, address),), 0, 0))
    try:
        yield made
    finally:
        made.worker.close()


async def until(condition: Callable[[], Any], what: str, deadline_s: float = DEADLINE_S) -> Any:
    """Poll until the condition is truthy."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        assert time.monotonic() < end, f"never saw: {what}"
        await asyncio.sleep(0.05)
