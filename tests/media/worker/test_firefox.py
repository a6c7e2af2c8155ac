"""Firefox ESR and Chromium, whose payload types and extension ids differ, in one room."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from media.protocol import View
from tests.e2e.firefox import evaluate, firefox
from tests.media.worker.person import SCRIPT, Person, chromium_people
from tests.media.worker.support import Plane, plane, until
from tests.media.worker.test_layers import LAYERS, sees

# Marionette's client leaves the sockets of its start-up probes to the garbage collector.
_PROBES = "ignore:.*socket.socket.*:pytest.PytestUnraisableExceptionWarning"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.usefixtures("chromium"),
    pytest.mark.filterwarnings(_PROBES),
]


@asynccontextmanager
async def firefox_person(
    media: Plane, name: str, program: str, home: Path
) -> AsyncIterator[Person]:
    """Marionette blocks: one thread drives it."""
    app = web.Application()
    app.router.add_get("/", _page)
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as thread, ExitStack() as stack:
        async with TestServer(app) as server:
            client = await loop.run_in_executor(thread, stack.enter_context, firefox(program, home))

            async def run(function: str, argument: Any = None) -> Any:
                body = f"return await ({function})(...args)"
                return await loop.run_in_executor(thread, evaluate, client, body, argument)

            try:
                address = f"http://localhost:{server.port}/"
                await loop.run_in_executor(thread, client.navigate, address)
                await run(f"() => {{ {SCRIPT} }}")
                person = Person(media, name, run)
                person.join()
                yield person
            finally:
                await loop.run_in_executor(thread, stack.close)


async def _page(_: web.Request) -> web.Response:
    return web.Response(text="<body>", content_type="text/html")


async def test_firefox_and_chromium_see_and_hear_each_other(firefox: str, tmp_path: Path) -> None:
    async with (
        plane() as media,
        firefox_person(media, "franca", firefox, tmp_path / "profile") as franca,
        chromium_people(media, "anna") as (anna,),
    ):
        await franca.publish(LAYERS)
        await anna.publish()
        await until(anna.plays, "Chromium plays Firefox", 40)
        await until(franca.plays, "Firefox plays Chromium", 40)
        camera = media.worker.rooms["room"].peers["franca"].producers["camera"]
        await until(lambda: len(camera.active) == 3, "Firefox sends three layers", 40)
        for width in (240, 960):
            media.request(View("room", "anna", (("franca", "camera", width, width * 9 // 16),)))
            await until(partial(sees, anna, width), f"Chromium sees {width} of Firefox", 40)
