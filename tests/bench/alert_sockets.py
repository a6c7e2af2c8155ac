"""Light pages for the benchmark of alerts: many sockets on `/alerts` in one process."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

import socketio

from tests.waiting import until

READY = "ready"
CONNECTING_S = 120.0
PATIENCE_S = 30.0


@dataclass(frozen=True)
class Socket:
    """One page: its access token, and whether a radiologist may be rung on it."""

    token: str
    is_console: bool


class Pages:
    """One process of pages; what arrives there is read from `arrivals`."""

    def __init__(self, url: str, sockets: Sequence[Socket]) -> None:
        context = multiprocessing.get_context("spawn")
        self.arrivals, theirs = context.Pipe()
        self._process: SpawnProcess = context.Process(target=serve, args=(url, sockets, theirs))
        self._process.start()
        theirs.close()

    def wait(self) -> None:
        """Until every page is connected. Raises RuntimeError."""
        if not self.arrivals.poll(CONNECTING_S) or self.arrivals.recv() != READY:
            raise RuntimeError("the pages did not connect")

    def close(self) -> None:
        """End it; idempotent."""
        self._process.terminate()
        self._process.join()
        self.arrivals.close()


@dataclass
class Arrivals:
    """When the alert of each request arrived on each socket, by this machine's clock in s."""

    at: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def read(self, pages: Sequence[Pages]) -> None:
        """From now on, in the running loop."""
        for one in pages:
            asyncio.get_running_loop().add_reader(one.arrivals.fileno(), self._take, one)

    async def of(self, request: str, sockets: int = 1) -> Sequence[float]:
        """Once it arrived on so many. Raises TimeoutError."""
        await until(lambda: len(self.at[request]) >= sockets, PATIENCE_S)
        return self.at[request]

    def _take(self, pages: Pages) -> None:
        while pages.arrivals.poll():
            request, at = pages.arrivals.recv()
            self.at[request].append(at)


def serve(url: str, sockets: Sequence[Socket], arrivals: Connection[Any, Any]) -> None:
    """Connect everybody and tell what arrives, until terminated."""
    asyncio.run(_serve(url, sockets, arrivals))


async def _serve(url: str, sockets: Sequence[Socket], arrivals: Connection[Any, Any]) -> None:
    async with AsyncExitStack() as stack:
        for number, socket in enumerate(sockets):
            page = socketio.AsyncClient(reconnection=False)
            page.on("guard.alert", _arrived(page, arrivals), namespace="/alerts")
            auth = {"token": socket.token, "device": f"page-{number}-{socket.token[-8:]}"}
            await page.connect(
                url,
                auth=auth,
                namespaces=["/alerts"],
                transports=["websocket"],
                wait_timeout=CONNECTING_S,
            )
            stack.push_async_callback(page.disconnect)
            if socket.is_console:
                await page.call("ready", {"sound": True}, namespace="/alerts", timeout=CONNECTING_S)
        arrivals.send(READY)
        await asyncio.Event().wait()


def _arrived(
    page: socketio.AsyncClient, arrivals: Connection[Any, Any]
) -> Callable[[dict[str, Any]], Awaitable[None]]:
    async def alert(told: dict[str, Any]) -> None:
        arrivals.send((told["request"], time.time()))
        about = {"request": told["request"]}
        for event in ("delivered", "seen"):  # as the client's page does
            await page.call(event, about, namespace="/alerts", timeout=CONNECTING_S)

    return alert
