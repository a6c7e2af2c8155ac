"""Two people in a call of the real product, each behind a link of the test's making."""

from __future__ import annotations

import asyncio
import math
import shutil
import socket
import struct
import time
import wave
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random

from playwright.async_api import Browser, Page, async_playwright

from tests.e2e.product import Product
from tests.e2e.seat import CHROMIUM_FLAGS, ChromiumSeat
from tests.impaired.link import Relay, relay
from tests.impaired.measure import Sample, audio_back_s

PEOPLE = ("oncologist@demo.example", "surgeon@demo.example")
RECORD = Path(__file__).with_name("record.js")
RATE, FRAMES = 25, 50
SOUND_HZ, SOUND_S = 48_000, 8
PATIENCE_S = 30.0


class Person(ChromiumSeat):
    """Somebody in the call, and the link to them."""

    def __init__(self, name: str, page: Page, link: Relay) -> None:
        super().__init__(name, page)
        self.link = link

    async def arrived(self, since: float = 0.0) -> list[Sample]:
        """What came to this page since a moment (seconds since the epoch)."""
        raw = await self.page.evaluate("since => arrived.filter(one => one.at > since)", since)
        return [Sample.parse(one) for one in raw]

    async def observe(self, seconds: float) -> list[Sample]:
        """So many seconds from now."""
        since = time.time()
        await asyncio.sleep(seconds)
        return await self.arrived(since)

    async def hears_again(self, since: float, seconds: float = PATIENCE_S) -> float:
        """How long after `since` sound came to stay."""
        deadline = time.monotonic() + seconds
        while (back := audio_back_s(await self.arrived(since), since)) is None:
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.name} heard nothing for {seconds} s")
            await asyncio.sleep(0.2)
        return back


def free_udp_port() -> int:
    """One that nobody has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@asynccontextmanager
async def call(
    product: Product, folder: Path, *, width: int = 320, height: int = 180
) -> AsyncIterator[list[Person]]:
    """Both see and hear each other over links that do nothing yet.

    The product must have `MEDIA_PORT` fixed and one worker (`settings`).
    """
    picture, sound = folder / "camera.y4m", folder / "microphone.wav"
    picture.write_bytes(moving_picture(width, height))
    speak(sound)
    room = _open_room(product)
    port = int(product.settings["MEDIA_PORT"])
    async with AsyncExitStack() as stack:
        browser = await stack.enter_async_context(_browser(picture, sound))
        people = []
        for number, email in enumerate(PEOPLE):
            link = await stack.enter_async_context(relay(port, seed=number))
            person = await _sit_down(browser, product, email, link)
            people.append(person)
            await person.click(f'a[href="/rooms/{room}"]')
            await person.click("[data-testid=join-call]")
            await person.wait_for("[data-testid=leave-call]")
        for person in people:
            await person.sees(1, "video", PATIENCE_S)
            await person.sees(1, "audio", PATIENCE_S)
        yield people


def settings() -> dict[str, str]:
    """Of a product whose media can be led through a relay."""
    return {"MEDIA_PORT": str(free_udp_port()), "MEDIA_WORKERS": "1"}


async def _sit_down(browser: Browser, product: Product, email: str, link: Relay) -> Person:
    context = await browser.new_context(locale="en", viewport={"width": 800, "height": 600})
    page = await context.new_page()
    await page.add_init_script(path=RECORD)
    await page.add_init_script(link.script)
    person = Person(email, page, link)
    await person.sign_in(product.url, email, product.logins()[email])
    return person


def _open_room(product: Product) -> str:
    token = product.sign_in(PEOPLE[0])
    colleague = product.ask("GET", "/api/v1/me", token=product.sign_in(PEOPLE[1]))[1]["id"]
    members = [{"user": colleague, "role": "member"}]
    wanted = {"title": "Consult", "lobby": False, "members": members}
    _, made = product.ask("POST", "/api/v1/rooms", wanted, token)
    return str(made["id"])


@asynccontextmanager
async def _browser(picture: Path, sound: Path) -> AsyncIterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise RuntimeError("Chromium is absent")
    flags = [
        *CHROMIUM_FLAGS,
        f"--use-file-for-fake-video-capture={picture}",
        f"--use-file-for-fake-audio-capture={sound}",
        "--disable-background-timer-throttling",
        "--disable-renderer-backgrounding",
        "--autoplay-policy=no-user-gesture-required",
    ]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=flags)
        try:
            yield browser
        finally:
            await browser.close()


def moving_picture(width: int, height: int) -> bytes:
    """A YUV4MPEG2 film of noise that drifts over grey: each frame is new and costs bits."""
    chance = Random(1)
    film = [f"YUV4MPEG2 W{width} H{height} F{RATE}:1 Ip A1:1 C420jpeg\n".encode()]
    colour = bytes([128]) * (width * height // 2)
    rows = [bytes(112 + chance.randrange(32) for _ in range(2 * width)) for _ in range(height // 4)]
    for n in range(FRAMES):
        at = n * width // FRAMES
        luma = b"".join(row[at : at + width] * 4 for row in rows)
        film += [b"FRAME\n", luma, colour]
    return b"".join(film)


def speak(path: Path) -> None:
    """A WAV file of a buzz in syllables that never falls silent, so that no silence is skipped."""
    samples = []
    for n in range(SOUND_HZ * SOUND_S):
        t = n / SOUND_HZ
        pitch = 120 + 30 * math.sin(2 * math.pi * 0.5 * t)
        loudness = 0.55 + 0.45 * math.sin(2 * math.pi * 4 * t)
        phase = 2 * math.pi * pitch * t
        buzz = sum(math.sin(k * phase) / k for k in range(1, 9))
        samples.append(int(6000 * loudness * buzz))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SOUND_HZ)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
