"""A page that is a peer, in whatever browser."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright

from media.protocol import Answer, Join, Publish, SubscribeOffer
from tests.media.worker.support import Plane

SCRIPT = Path(__file__).with_name("page.js").read_text()
SOURCES = frozenset({"camera", "microphone"})
FLAGS = [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--no-sandbox",
]

Evaluate = Callable[..., Awaitable[Any]]  # (function source, one argument) → its value


class Person:
    """Publishes and answers by itself; the test looks at what is played."""

    def __init__(self, media: Plane, name: str, evaluate: Evaluate) -> None:
        self.media = media
        self.name = name
        self.evaluate = evaluate
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_idle(self) -> bool:
        return not self._tasks

    def join(self) -> None:
        self.media.on_offer[self.name] = self._on_offer
        self.media.request(Join("room", self.name, SOURCES, True))

    def _on_offer(self, event: SubscribeOffer) -> None:
        task = asyncio.ensure_future(self._answer(event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, event: SubscribeOffer) -> None:
        sdp = await self.evaluate("sdp => call.answer(sdp)", event.sdp)
        self.media.request(Answer("room", self.name, event.negotiation, sdp))

    async def publish(self, encodings: list[dict[str, Any]] | None = None) -> None:
        await self.evaluate("encodings => call.capture(encodings)", encodings)
        await self.negotiate()

    async def negotiate(self, *, restart: bool = False, is_slow: bool = False) -> None:
        """Slowly: the answer comes once the new sockets have been tried."""
        offer = await self.evaluate("iceRestart => call.offer({ iceRestart })", restart)
        if is_slow:
            await self.evaluate("() => call.settled()")
        request = Publish("room", self.name, offer["sdp"], offer["sources"])
        await self.evaluate("sdp => call.accept(sdp)", self.media.request(request)["sdp"])

    async def received(self, kind: str) -> list[dict[str, Any]]:
        """Statistics of each incoming track of this kind."""
        stats = await self.evaluate("() => call.stats('down')")
        return [s for s in stats if s["type"] == "inbound-rtp" and s["kind"] == kind]

    async def frames(self) -> int:
        """Decoded frames of all tracks."""
        return sum(int(track.get("framesDecoded", 0)) for track in await self.received("video"))

    async def energy(self) -> float:
        """Of the audio of all tracks."""
        return sum(float(t.get("totalAudioEnergy", 0)) for t in await self.received("audio"))

    async def plays(self) -> bool:
        """Whether more than a second of video and some sound came out."""
        return await self.frames() > 30 and await self.energy() > 0

    async def plays_all(self, count: int) -> bool:
        """The same for this many people."""
        videos = await self.received("video")
        sounds = await self.received("audio")
        seen = [track for track in videos if track.get("framesDecoded", 0) > 30]
        heard = [track for track in sounds if track.get("totalAudioEnergy", 0) > 0]
        return len(seen) >= count and len(heard) >= count

    async def has_more_than(self, frames: int) -> bool:
        return await self.frames() > frames

    async def stalls(self) -> bool:
        """Whether no frame is decoded for half a second."""
        before = await self.frames()
        await asyncio.sleep(0.5)
        return await self.frames() == before


class ChromiumPerson(Person):
    """A Chromium page."""

    def __init__(self, media: Plane, name: str, page: Page) -> None:
        super().__init__(media, name, page.evaluate)
        self.page = page

    async def open(self) -> None:
        """Load the page, again after a reload."""
        await self.page.goto("http://localhost/")
        await self.page.evaluate(SCRIPT)


@asynccontextmanager
async def chromium_people(
    media: Plane, *names: str, flags: Sequence[str] = ()
) -> AsyncIterator[list[ChromiumPerson]]:
    """A page each, in the room."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=[*FLAGS, *flags]
        )
        try:
            people = [ChromiumPerson(media, name, await browser.new_page()) for name in names]
            for person in people:
                page = person.page
                await page.route("http://localhost/", lambda route: route.fulfill(body="<body>"))
                await person.open()
                person.join()
            yield people
        finally:
            await browser.close()
