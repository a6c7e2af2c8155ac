"""A person at a browser, whichever it is: what the scenarios say and see."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from tests.e2e.firefox import By, Keys, Marionette, evaluate

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--disable-quic",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

WATCH_CONNECTIONS = """
    if (!window.connections) {
        window.connections = [];
        const Native = window.RTCPeerConnection;
        window.RTCPeerConnection = class extends Native {
            constructor(...args) { super(...args); window.connections.push(this); }
        };
        const devices = navigator.mediaDevices;
        const open = devices.getUserMedia.bind(devices);
        const small = { width: 320, height: 180, frameRate: 10 };
        devices.getUserMedia = asked => open(asked.video ? { ...asked, video: small } : asked);
    }
"""
"""Keeps the page's connections to ask them, and pictures small: three browsers that encode on two
cores would measure themselves."""

# Firefox never answers about a connection that is closed while it is asked.
_STATISTICS = """
    const found = [];
    for (const [number, connection] of (window.connections ?? []).entries()) {
        if (connection.connectionState === 'closed') continue;
        const patience = new Promise(resolve => setTimeout(() => resolve(new Map()), 3000));
        const reports = await Promise.race([connection.getStats(), patience]);
        for (const report of reports.values()) {
            if (report.type === 'inbound-rtp') found.push({
                id: `${number} ${report.id}`,
                kind: report.kind,
                packets: report.packetsReceived ?? 0,
                frames: report.framesDecoded ?? 0,
                energy: report.totalAudioEnergy ?? 0,
            });
        }
    }
    return found;
"""


_WINDOW_S = {"video": 0.5, "audio": 2.5}
"""Long enough for a frame on a busy machine, and for Chromium's fake microphone to beep."""


@dataclass(frozen=True)
class Incoming:
    """One stream that a browser receives."""

    id: str
    kind: str
    packets: int
    frames: int
    energy: float


class Seat(ABC):
    """One browser window."""

    name: str

    @abstractmethod
    async def evaluate(self, body: str, *arguments: Any) -> Any:
        """Run the body of an async function in the page; `args` are its arguments."""

    @abstractmethod
    async def open(self, url: str) -> None:
        """Load a page."""

    @abstractmethod
    async def click(self, selector: str) -> None:
        """Click what the selector finds, once it is there."""

    @abstractmethod
    async def write(self, selector: str, text: str) -> None:
        """Type into a field."""

    @abstractmethod
    async def press_enter(self, selector: str) -> None:
        """Press Enter in a field."""

    @abstractmethod
    async def reload(self) -> None:
        """Load the page again."""

    @abstractmethod
    async def attach(self, selector: str, file: Path) -> None:
        """Choose a file in a file input."""

    async def has(self, selector: str) -> bool:
        """Whether the page shows it."""
        return bool(await self.evaluate("return !!document.querySelector(args[0])", selector))

    async def wait_for(self, selector: str, seconds: float = 20) -> None:
        """Until the page shows it."""
        await self.until(lambda: self.has(selector), selector, seconds)

    async def wait_without(self, selector: str, seconds: float = 20) -> None:
        """Until the page shows it no more."""

        async def is_gone() -> bool:
            return not await self.has(selector)

        await self.until(is_gone, f"no {selector}", seconds)

    async def texts(self, selector: str) -> list[str]:
        """What the elements say."""
        found = await self.evaluate(
            "return [...document.querySelectorAll(args[0])].map(one => one.innerText)", selector
        )
        return [str(one) for one in found]

    async def incoming(self) -> list[Incoming]:
        """What arrives right now."""
        return [Incoming(**one) for one in await self.evaluate(_STATISTICS)]

    async def until(self, condition: Any, what: str, seconds: float = 20) -> float:
        """Ask until it is true; answers how many seconds it took."""
        begun = time.monotonic()
        while not await condition():
            if time.monotonic() - begun > seconds:
                raise AssertionError(f"{self.name} waited {seconds} s for {what}")
            await asyncio.sleep(0.1)
        return time.monotonic() - begun

    async def sign_in(self, url: str, email: str, password: str) -> None:
        """From the front page, by hand."""
        await self.open(url)
        await self.write("input[type=email]", email)
        await self.write("input[type=password]", password)
        await self.press_enter("input[type=password]")
        await self.wait_for("main h1")
        await self.wait_without("input[type=password]")

    async def join_from_home(self, room: str) -> None:
        """Two clicks: the room, then the call."""
        await self.evaluate(WATCH_CONNECTIONS)
        await self.click(f'a[href="/rooms/{room}"]')
        await self.wait_for("[data-testid=join-call]")
        await self.click("[data-testid=join-call]")
        await self.wait_for("[data-testid=leave-call]")

    async def say(self, text: str) -> None:
        """Write in the chat and send."""
        await self.write("[data-testid=chat-input]", text)
        await self.press_enter("[data-testid=chat-input]")

    async def sees(self, streams: int, kind: str = "video", seconds: float = 20) -> float:
        """Until so many streams advance: frames decoded, or sound with energy."""
        return await self.until(
            lambda: self._advance(streams, kind), f"{streams} × {kind}", seconds
        )

    async def _advance(self, streams: int, kind: str) -> bool:
        before = {one.id: one for one in await self.incoming() if one.kind == kind}
        await asyncio.sleep(_WINDOW_S[kind])
        grown = 0
        for one in await self.incoming():
            last = before.get(one.id)
            if one.kind != kind or last is None:
                continue
            grown += one.frames > last.frames if kind == "video" else one.energy > last.energy
        return grown == streams


class ChromiumSeat(Seat):
    """A Chromium page through Playwright."""

    def __init__(self, name: str, page: Page, form: str = "desktop") -> None:
        self.name = name
        self.page = page
        self.form = form
        """`phone` or `desktop`."""

    async def evaluate(self, body: str, *arguments: Any) -> Any:
        return await self.page.evaluate(f"async (args) => {{ {body} }}", list(arguments))

    async def has(self, selector: str) -> bool:
        return await self.page.locator(selector).count() > 0

    async def open(self, url: str) -> None:
        await self.page.goto(url)

    async def click(self, selector: str) -> None:
        await self.page.locator(selector).first.click()

    async def write(self, selector: str, text: str) -> None:
        await self.page.locator(selector).first.fill(text)

    async def press_enter(self, selector: str) -> None:
        await self.page.locator(selector).first.press("Enter")

    async def reload(self) -> None:
        await self.page.reload()

    async def attach(self, selector: str, file: Path) -> None:
        await self.page.locator(selector).first.set_input_files(str(file))


class FirefoxSeat(Seat):
    """A Firefox window through Marionette, which speaks in a thread."""

    def __init__(self, name: str, client: Marionette) -> None:
        self.name = name
        self.client = client

    async def evaluate(self, body: str, *arguments: Any) -> Any:
        return await asyncio.to_thread(evaluate, self.client, body, *arguments)

    async def open(self, url: str) -> None:
        await asyncio.to_thread(self.client.navigate, url)

    async def click(self, selector: str) -> None:
        await self.wait_for(selector)
        await self.evaluate("document.querySelector(args[0]).click()", selector)

    async def write(self, selector: str, text: str) -> None:
        await self.wait_for(selector)
        await asyncio.to_thread(self._type, selector, text)

    async def press_enter(self, selector: str) -> None:
        await asyncio.to_thread(self._type, selector, Keys.ENTER)

    async def reload(self) -> None:
        await asyncio.to_thread(self.client.refresh)

    async def attach(self, selector: str, file: Path) -> None:
        await asyncio.to_thread(self._type, selector, str(file))

    def _type(self, selector: str, text: str) -> None:
        self.client.find_element(By.CSS_SELECTOR, selector).send_keys(text)
