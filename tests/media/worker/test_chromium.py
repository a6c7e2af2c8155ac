"""Two real Chromium pages see and hear each other through the worker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

from media.protocol import (
    Answer,
    Join,
    Leave,
    Mute,
    PeerLost,
    Publish,
    Quality,
    RestartSubscribe,
    Speakers,
    SubscribeOffer,
)
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

    @property
    def is_idle(self) -> bool:
        return not self._tasks

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


async def _stalls(person: Person) -> bool:
    """Whether no frame is decoded for half a second."""
    before = await person.frames()
    await asyncio.sleep(0.5)
    return await person.frames() == before


async def test_mute_is_enforced_and_undone() -> None:
    async with people("anna", "bruno") as (anna, bruno):
        await anna.publish()
        await until(bruno.frames, "bruno sees anna")
        anna.media.request(Mute("room", "anna", "camera", True))
        await until(lambda: _stalls(bruno), "a muted camera shows nothing new")
        before = await bruno.frames()
        anna.media.request(Mute("room", "anna", "camera", False))
        await until(lambda: _grown(bruno, before + 10), "frames come again")
        video = (await bruno.received())["video"]
        assert video["packetsLost"] <= 0, "what was muted is no loss"


async def test_a_leaver_disappears_and_the_line_is_reused() -> None:
    async with people("anna", "bruno", "carla") as (anna, bruno, carla):
        await anna.publish()
        await until(bruno.plays, "bruno plays anna")
        anna.media.request(Leave("room", "anna"))
        await until(lambda: _stalls(bruno), "a leaver's media stops")
        await until(lambda: bruno.media.offers("bruno")[-1].tracks == {}, "an offer without anna")
        await until(lambda: bruno.is_idle, "bruno answered")
        await carla.publish()
        await until(bruno.plays, "bruno plays carla")
        last = bruno.media.offers("bruno")[-1]
        assert last.sdp.count("m=") == 2
        assert set(last.tracks.values()) == {("carla", "camera"), ("carla", "microphone")}


async def test_ice_restart_keeps_the_keys() -> None:
    async with people("anna", "bruno") as (anna, bruno):
        await anna.publish()
        await until(bruno.plays, "bruno plays anna")
        peer = anna.media.worker.rooms["room"].peers["anna"]
        assert peer.publication is not None
        transport = peer.publication.transport
        ufrag = transport.local.ufrag
        await anna.page.evaluate("call.negotiate({iceRestart: true})")
        await until(lambda: list(transport._credentials) != [ufrag], "a new generation")
        await until(lambda: ufrag not in transport._credentials, "checks of the new generation")
        before = await bruno.frames()
        await until(lambda: _grown(bruno, before + 30), "frames go on")
        assert peer.publication.transport is transport


async def test_a_reloaded_page_is_seen_and_sees_again() -> None:
    async with people("anna", "bruno") as (anna, bruno):
        await anna.publish()
        await bruno.publish()
        await until(anna.plays, "anna plays bruno")
        await anna.page.goto("http://localhost/")
        await anna.page.evaluate(SCRIPT)
        anna.media.request(RestartSubscribe("room", "anna"))
        await anna.publish()
        await until(anna.plays, "anna plays bruno again")
        await until(bruno.plays, "bruno plays the new anna")


async def test_turning_the_camera_off_takes_the_track_away() -> None:
    async with people("anna", "bruno") as (anna, bruno):
        await anna.publish()
        await until(bruno.plays, "bruno plays anna")
        left = ("anna", "microphone")
        await anna.page.evaluate(
            "call.up.getTransceivers().find(t => t.sender.track?.kind === 'video')"
            ".direction = 'inactive', call.negotiate()"
        )
        await until(
            lambda: list(bruno.media.offers("bruno")[-1].tracks.values()) == [left],
            "an offer without the camera",
        )


async def test_levels_and_quality_are_told() -> None:
    async with people("anna", "bruno") as (anna, _):
        await anna.publish()
        events = anna.media.events
        await until(lambda: [e for e in events if isinstance(e, Speakers) and e.levels], "speakers")
        good = await until(
            lambda: [
                e
                for e in events
                if isinstance(e, Quality) and e.peer == "bruno" and e.stats["kbps_down"] > 50
            ],
            "quality",
        )
        assert 0 < good[-1].stats["rtt_ms"] < 500
        assert good[-1].stats["score"] > 3


async def test_a_vanished_page_is_lost() -> None:
    async with people("anna", "bruno") as (anna, bruno):
        await anna.publish()
        await until(bruno.frames, "bruno sees anna")
        await anna.page.close()
        await until(
            lambda: [e for e in anna.media.events if isinstance(e, PeerLost) and e.peer == "anna"],
            "anna is lost",
        )
