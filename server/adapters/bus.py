"""Notices between live sockets: within the process, or over one Redis channel."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from server.domain.errors import Unavailable
from server.services.ports.bus import Listener, Notice
from server.services.ports.clock import Clock

QUEUE_NOTICES = 10_000
CHANNEL = "notices"
PUBLISH_SECONDS = 1.5
REFUSE_SECONDS = 0.5
IDLE_SECONDS = 2.0
SILENT_SECONDS = 6.0
RECONNECT_SECONDS = (0.1, 0.3, 1.0, 2.0)

_LOST = (RedisError, OSError, TimeoutError)


class _Fan:
    """A bounded queue in front of the listeners, so that publishing never waits for them."""

    def __init__(self, capacity: int) -> None:
        self._queue: asyncio.Queue[Notice] = asyncio.Queue(capacity)
        self._listeners: list[Listener] = []
        self._task: asyncio.Task[None] | None = None
        self._log = structlog.get_logger("bus")

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)

        def end() -> None:
            with suppress(ValueError):
                self._listeners.remove(listener)

        return end

    def start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._deliver(), name="bus deliveries")

    async def close(self) -> None:
        task, self._task = self._task, None
        await _end(task)

    def offer(self, notice: Notice) -> None:
        """Enqueue. Raises Unavailable when the listeners lag a whole queue behind."""
        try:
            self._queue.put_nowait(notice)
        except asyncio.QueueFull:
            raise Unavailable from None

    async def put(self, notice: Notice) -> None:
        await self._queue.put(notice)

    async def _deliver(self) -> None:
        while True:
            notice = await self._queue.get()
            for listener in tuple(self._listeners):
                try:
                    await listener(notice)
                except Exception:
                    self._log.exception("notice not delivered", type=notice.name)


class LocalBus:
    """Fan-out within one process."""

    def __init__(self, capacity: int = QUEUE_NOTICES) -> None:
        self._fan = _Fan(capacity)

    async def publish(self, notice: Notice) -> None:
        """Hand over to every subscriber. Raises Unavailable when they lag a queue behind."""
        self._fan.offer(notice)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` for each notice; the answer ends it."""
        return self._fan.subscribe(listener)

    async def start(self) -> None:
        """Begin to deliver."""
        self._fan.start()

    async def close(self) -> None:
        """Stop; idempotent."""
        await self._fan.close()


class RedisBus:
    """Fan-out to every process on one pub/sub channel; one's own notices come back that way.

    A publisher learns within PUBLISH_SECONDS that Redis is away, and is then refused at once
    for REFUSE_SECONDS. The subscription reconnects by itself; what was published while it was
    away is gone, as at-most-once says.
    """

    def __init__(
        self, url: str, clock: Clock, channel: str = CHANNEL, capacity: int = QUEUE_NOTICES
    ) -> None:
        self._redis: Redis = Redis.from_url(
            url,
            socket_connect_timeout=PUBLISH_SECONDS,
            socket_timeout=PUBLISH_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._clock = clock
        self._channel = channel
        self._fan = _Fan(capacity)
        self._ordered = asyncio.Lock()
        self._refuse_until = 0.0
        self._reader: asyncio.Task[None] | None = None
        self._subscribed = asyncio.Event()
        self._log = structlog.get_logger("bus")

    async def publish(self, notice: Notice) -> None:
        """Hand over to every process. Raises Unavailable within 3 s when Redis is away."""
        message = json.dumps(asdict(notice), separators=(",", ":"))
        try:
            async with asyncio.timeout(PUBLISH_SECONDS), self._ordered:
                if self._clock.monotonic() < self._refuse_until:
                    raise Unavailable
                await self._send(message)
        except _LOST as error:
            self._refuse_until = self._clock.monotonic() + REFUSE_SECONDS
            raise Unavailable from error

    async def _send(self, message: str) -> None:
        try:
            await self._redis.publish(self._channel, message)
        except (RedisError, OSError):
            # a connection that idled through a restart of Redis is dead: one fresh try
            await self._redis.publish(self._channel, message)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` for each notice; the answer ends it."""
        return self._fan.subscribe(listener)

    async def start(self) -> None:
        """Connect; answers once subscribed, or after a while without Redis."""
        self._fan.start()
        if self._reader is None:
            self._reader = asyncio.create_task(self._read(), name="bus subscription")
        with suppress(TimeoutError):
            async with asyncio.timeout(PUBLISH_SECONDS):
                await self._subscribed.wait()

    async def close(self) -> None:
        """Disconnect; idempotent."""
        reader, self._reader = self._reader, None
        await _end(reader)
        await self._fan.close()
        await self._redis.aclose()

    @property
    def is_subscribed(self) -> bool:
        """Whether notices of other processes arrive now."""
        return self._subscribed.is_set()

    async def probe(self) -> None:
        """Raise Unavailable, or what Redis raises, unless notices leave and arrive."""
        if not self.is_subscribed:
            raise Unavailable
        await self._redis.ping()

    async def _read(self) -> None:
        failures = 0
        while True:
            try:
                async with self._redis.pubsub() as subscription:
                    await subscription.subscribe(self._channel)
                    failures = 0
                    await self._listen(subscription)
            except _LOST as error:
                self._log.warning("subscription lost", error=type(error).__name__)
            self._subscribed.clear()
            await self._clock.sleep(RECONNECT_SECONDS[min(failures, len(RECONNECT_SECONDS) - 1)])
            failures += 1

    async def _listen(self, subscription: PubSub) -> None:
        heard = self._clock.monotonic()
        while True:
            message = await subscription.get_message(timeout=IDLE_SECONDS)
            now = self._clock.monotonic()
            if message is not None:
                heard, self._refuse_until = now, 0.0
                self._subscribed.set()
                await self._take(message)
            elif now - heard > SILENT_SECONDS:
                raise TimeoutError("no answer to pings")
            else:
                await subscription.ping()

    async def _take(self, message: dict[str, Any]) -> None:
        if message["type"] != "message":
            return
        try:
            notice = Notice(**json.loads(message["data"]))
        except (ValueError, TypeError):
            self._log.error("malformed notice")
            return
        await self._fan.put(notice)


async def _end(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
