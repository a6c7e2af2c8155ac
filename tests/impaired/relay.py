"""A UDP relay in a process of its own: `python -m tests.impaired.relay PORT [SEED]`.

It listens on 127.0.0.1 and carries whatever comes to the media port and back, each client over a
socket of its own, as a NAT does. It reads one JSON command a line from standard input, answers each
with a line, and ends with its input. `Relay` (tests/impaired/link.py) speaks to it.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Callable
from typing import Any, cast

from tests.impaired.wire import Burst, Impairment, Wire

Address = tuple[str, int]
BUFFER_BYTES = 1 << 20
CLIENTS_MAX = 64


class _Receiver(asyncio.DatagramProtocol):
    def __init__(self, receive: Callable[[bytes, Address], None]) -> None:
        self._receive = receive

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._receive(data, addr)


class Line:
    """One access link: both directions, shared by all clients behind it."""

    def __init__(self, upstream: Address, seed: int) -> None:
        self._upstream = upstream
        self._up = Wire(seed)
        self._down = Wire(seed + 1)
        self._loop = asyncio.get_running_loop()
        self._front: asyncio.DatagramTransport
        self._clients: dict[Address, asyncio.DatagramTransport] = {}
        self._opening: dict[Address, list[bytes]] = {}
        self._cut: set[Address] = set()
        self._host = 1  # the last byte of the address that the server sees
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> int:
        """The port to send to."""
        self._front = await self._endpoint("127.0.0.1", self._from_client)
        return cast(int, self._front.get_extra_info("sockname")[1])

    def shape(self, up: dict[str, Any] | None, down: dict[str, Any] | None) -> None:
        """Change what happens from now on, in either direction."""
        for wire, changed in ((self._up, up), (self._down, down)):
            if changed is not None:
                burst = changed.pop("burst", None)
                wire.impairment = Impairment(**changed, burst=Burst(**burst) if burst else None)

    async def move(self) -> None:
        """Go on from another source address, as after a change of network behind a NAT."""
        self._host += 1
        for client, before in list(self._clients.items()):
            self._clients[client] = await self._upward(client)
            before.close()

    def cut(self) -> None:
        """Carry nothing more for the sockets seen so far; new ones are served."""
        self._cut |= set(self._clients)

    def counts(self) -> dict[str, Any]:
        """What became of packets, by direction."""
        return {"up": dict(self._up.counts), "down": dict(self._down.counts)}

    async def _endpoint(
        self, host: str, receive: Callable[[bytes, Address], None]
    ) -> asyncio.DatagramTransport:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, BUFFER_BYTES)
        sock.bind((host, 0))
        transport, _ = await self._loop.create_datagram_endpoint(
            lambda: _Receiver(receive), sock=sock
        )
        return transport

    async def _upward(self, client: Address) -> asyncio.DatagramTransport:
        def receive(data: bytes, _: Address) -> None:
            self._send(self._down, data, lambda: self._to_client(data, client))

        return await self._endpoint(f"127.0.0.{self._host}", receive)

    def _from_client(self, data: bytes, client: Address) -> None:
        if client in self._cut:
            self._up.counts["cut"] += 1
        elif client in self._clients:
            self._send(self._up, data, lambda: self._to_server(data, client))
        elif client in self._opening:
            self._opening[client].append(data)
        elif len(self._clients) < CLIENTS_MAX:
            self._opening[client] = [data]
            task = asyncio.ensure_future(self._admit(client))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _admit(self, client: Address) -> None:
        self._clients[client] = await self._upward(client)
        for data in self._opening.pop(client):
            self._from_client(data, client)

    def _send(self, wire: Wire, data: bytes, deliver: Callable[[], None]) -> None:
        now = self._loop.time()
        at = wire.carry(len(data), now)
        if at is None:
            return
        if at <= now:
            deliver()
        else:
            self._loop.call_at(at, deliver)

    def _to_server(self, data: bytes, client: Address) -> None:
        self._clients[client].sendto(data, self._upstream)

    def _to_client(self, data: bytes, client: Address) -> None:
        if client in self._cut:
            self._down.counts["cut"] += 1
        else:
            self._front.sendto(data, client)


async def serve(port: int, seed: int) -> None:
    """Relay until standard input ends."""
    loop = asyncio.get_running_loop()
    line = Line(("127.0.0.1", port), seed)
    _answer({"port": await line.open()})
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while raw := await commands.readline():
        command = json.loads(raw)
        match command.pop("do"):
            case "shape":
                line.shape(command["up"], command["down"])
            case "move":
                await line.move()
            case "cut":
                line.cut()
        _answer(line.counts())


def _answer(value: object) -> None:
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))
