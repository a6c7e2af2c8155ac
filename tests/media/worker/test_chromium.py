"""Two real Chromium pages see and hear each other through the worker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

from media.protocol import Answer, Join, Publish, SubscribeOffer
from tests.media.worker.support import Plane, plane, until

pytestmark = pytest.mark.browser

SCRIPT = Path(__file__).with_name("page.js").read_text()
FLAGS = [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--no-sandbox",
]
SOURCES = frozenset({"camera", "microphone"})


class Person:
    """A page that is a peer."""

    def __init__(self, media: Plane, page: Page, name: str) -> None:
        self.media = media
        self.page = page
        self.name = name
        self._tasks: set[asyncio.Task[None]] = set()

    async def enter(self) -> None:
        await self.page.route("http://localhost/", lambda route: route.fulfill(body="<body>"))
        await self.page.goto("http://localhost/")
        await self.page.expose_function("sendPublish", self._publish)
        await self.page.evaluate(SCRIPT)
        self.media.on_offer[self.name] = self._on_offer
        self.media.request(Join("room", self.name, SOURCES, True))

    def _publish(self, offer: str, sources: dict[str, str]) -> str:
        return str(self.media.request(Publish("room", self.name, offer, sources))["sdp"])

    def _on_offer(self, event: SubscribeOffer) -> None:
        task = asyncio.ensure_future(self._answer(event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, event: SubscribeOffer) -> None:
        sdp = await self.page.evaluate("sdp => call.offered(sdp)", event.sdp)
        self.media.request(Answer("room", self.name, event.negotiation, sdp))

    async def publish(self) -> None:
        await self.page.evaluate("call.publish({video: true, audio: true})")

    async def received(self) -> dict[str, dict[str, Any]]:
        """kind → inbound-rtp statistics."""
        if not await self.page.evaluate("!!call.down"):
            return {}
        stats = await self.page.evaluate("call.stats('down')")
        return {entry["kind"]: entry for entry in stats if entry["type"] == "inbound-rtp"}

    async def frames(self) -> int:
        return int((await self.received()).get("video", {}).get("framesDecoded", 0))

    async def energy(self) -> float:
        return float((await self.received()).get("audio", {}).get("totalAudioEnergy", 0))

    async def plays(self) -> bool:
        return await self.frames() > 30 and await self.energy() > 0


@asynccontextmanager
async def people(*names: str) -> AsyncIterator[list[Person]]:
    async with AsyncExitStack() as stack:
        media = await stack.enter_async_context(plane())
        playwright = await stack.enter_async_context(async_playwright())
        browser: Browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=FLAGS
        )
        stack.push_async_callback(browser.close)
        persons = [Person(media, await browser.new_page(), name) for name in names]
        for person in persons:
            await person.enter()
        yield persons


async def test_two_pages_see_and_hear_each_other() -> None:
    async with people("anna", "bruno") as (anna, bruno):
        await anna.publish()
        await bruno.publish()
        await until(anna.plays, "anna plays bruno")
        await until(bruno.plays, "bruno plays anna")
        before = await anna.frames()
        await until(lambda: _grown(anna, before + 30), "frames keep coming")


async def _grown(person: Person, frames: int) -> bool:
    return await person.frames() > frames
