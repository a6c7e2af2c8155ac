"""Listening on loopback and for the network, and ending well."""

import asyncio
import os
import signal
import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from deploy import certificates
from deploy.certificates import Folder
from deploy.progress import SetupError
from deploy.serving import Bound, Listening, serve


@pytest.fixture
def listening(tmp_path: Path) -> Listening:
    folder = Folder(tmp_path)
    certificates.ensure(folder, ["localhost", "127.0.0.1"], datetime.now(UTC))
    return Listening(0, "127.0.0.1", 0, folder, drain_seconds=5)


async def _started(app: web.Application, listening: Listening) -> tuple[Bound, asyncio.Task[None]]:
    bound: asyncio.Queue[Sequence[Bound]] = asyncio.Queue()
    task = asyncio.create_task(serve([(app, listening)], bound.put_nowait))
    return (await bound.get())[0], task


async def test_both_ports_answer_and_a_request_under_way_is_finished(
    listening: Listening,
) -> None:
    entered, released = asyncio.Barrier(3), asyncio.Event()

    async def slow(_request: web.Request) -> web.Response:
        await entered.wait()
        await released.wait()
        return web.Response(text="finished")

    app = web.Application()
    app.router.add_get("/", slow)
    bound, task = await _started(app, listening)
    trusting = ssl.create_default_context(cafile=str(listening.certificates.authority))
    async with aiohttp.ClientSession() as client:
        plain = asyncio.create_task(_text(client, f"http://127.0.0.1:{bound.http_port}/"))
        secure = asyncio.create_task(
            _text(client, f"https://localhost:{bound.https_port}/", trusting)
        )
        await entered.wait()
        os.kill(os.getpid(), signal.SIGTERM)
        released.set()
        assert (await plain, await secure) == ("finished", "finished")
    await task


async def test_a_taken_port_is_named_with_its_setting(listening: Listening) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        busy = Listening(port, "127.0.0.1", 0, listening.certificates, 1)
        with pytest.raises(SetupError, match=f"port {port}: .*set HTTP_PORT"):
            await serve([(web.Application(), busy)], lambda _bound: None)


async def _text(client: aiohttp.ClientSession, url: str, tls: ssl.SSLContext | bool = True) -> str:
    async with client.get(url, ssl=tls) as response:
        return await response.text()
