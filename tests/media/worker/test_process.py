"""The worker as a process: it serves its channel and ends with it."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from media import protocol, wire
from media.protocol import Configure, Failure, Join, Ping, Reply
from media.wire import FrameDecoder


class Channel:
    """The pool's end, bare."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self._reader = reader
        self._decoder = FrameDecoder()

    async def next(self) -> protocol.FromWorker:
        while True:
            data = await asyncio.wait_for(self._reader.read(65536), 15)
            assert data, "the worker closed its channel"
            for message in self._decoder.feed(data):
                return wire.decode_from_worker(message)

    async def request(self, request: protocol.Request) -> protocol.FromWorker:
        self.writer.write(wire.encode_request(1, request))
        return await self.next()

    def send(self, message: dict[str, Any]) -> None:
        self.writer.write(wire._frame(message))


@asynccontextmanager
async def worker() -> AsyncIterator[tuple[asyncio.subprocess.Process, Channel]]:
    ours, theirs = socket.socketpair()
    with theirs:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "media.worker", str(theirs.fileno()), pass_fds=(theirs.fileno(),)
        )
    reader, writer = await asyncio.open_unix_connection(sock=ours)
    try:
        yield process, Channel(reader, writer)
    finally:
        writer.close()
        await asyncio.wait_for(process.wait(), 15)


async def test_it_answers_and_ends_with_its_channel() -> None:
    async with worker() as (process, channel):
        reply = await channel.request(Configure((("127.0.0.1", "203.0.113.9"),), 0, 0))
        assert isinstance(reply, Reply)
        ((bind, announced, port),) = reply.result["ports"]
        assert (bind, announced) == ("127.0.0.1", "203.0.113.9")
        assert 0 < port < 65536
        reply = await channel.request(Ping())
        assert isinstance(reply, Reply)
        assert reply.result["rooms"] == 0
    assert process.returncode == 0


async def test_a_request_that_makes_no_sense_is_refused_and_the_next_served() -> None:
    async with worker() as (_, channel):
        channel.send({"id": 5, "type": "unheard-of"})
        refusal = await channel.next()
        assert isinstance(refusal, Failure)
        assert (refusal.id, refusal.code) == (5, "protocol-invalid")
        unconfigured = await channel.request(Join("room", "anna", frozenset(), True))
        assert isinstance(unconfigured, Failure)
        assert unconfigured.code == "media-unavailable"


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "203.0.113.9", "nonsense"])
async def test_addresses_that_cannot_serve_are_refused(address: str) -> None:
    async with worker() as (_, channel):
        refusal = await channel.request(Configure(((address, address),), 0, 0))
        assert isinstance(refusal, Failure)
        assert refusal.code == "media-unavailable"


@pytest.mark.parametrize("garbage", [b"\xff" * 64, b"\x00\x00\x00\x02[]", b"\x00\x00\x00\x02{}"])
async def test_a_broken_channel_ends_it(garbage: bytes) -> None:
    async with worker() as (process, channel):
        channel.writer.write(garbage)
        assert await asyncio.wait_for(process.wait(), 15) == 0
