"""The relay process between two plain sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.impaired.link import Relay, relay
from tests.impaired.wire import Impairment


class End:
    """A socket of a test, which waits for what comes."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]

    def send(self, data: bytes, to: tuple[str, int]) -> None:
        self._socket.sendto(data, to)

    async def receive(self) -> tuple[bytes, tuple[str, int]]:
        async with asyncio.timeout(5):
            return await asyncio.get_running_loop().sock_recvfrom(self._socket, 2048)

    def close(self) -> None:
        self._socket.close()


@asynccontextmanager
async def ends() -> AsyncIterator[tuple[End, End, Relay]]:
    client, server = End(), End()
    try:
        async with relay(server.port) as link:
            yield client, server, link
    finally:
        client.close()
        server.close()


async def test_both_ways_and_another_address_on_demand() -> None:
    async with ends() as (client, server, link):
        front = ("127.0.0.1", link.port)
        client.send(b"up", front)
        data, seen = await server.receive()
        assert data == b"up"
        server.send(b"down", seen)
        assert await client.receive() == (b"down", front)
        await link.move()
        client.send(b"again", front)
        data, moved = await server.receive()
        assert data == b"again"
        assert moved[0] != seen[0]
        server.send(b"here", moved)
        assert await client.receive() == (b"here", front)


async def test_a_cut_socket_is_dead_and_a_new_one_lives() -> None:
    async with ends() as (client, server, link):
        front = ("127.0.0.1", link.port)
        client.send(b"one", front)
        await server.receive()
        await link.cut()
        client.send(b"two", front)
        other = End()
        other.send(b"three", front)
        assert (await server.receive())[0] == b"three"
        other.close()
        assert (await link.counts())["up"]["cut"] == 1


async def test_the_link_changes_while_it_runs() -> None:
    async with ends() as (client, server, link):
        front = ("127.0.0.1", link.port)
        await link.shape(up=Impairment(is_blocked=True))
        client.send(b"one", front)
        counts = await link.counts()
        while not counts["up"].get("blocked"):
            counts = await link.counts()
        await link.shape(both=Impairment(delay_ms=30))
        client.send(b"two", front)
        assert (await server.receive())[0] == b"two"
