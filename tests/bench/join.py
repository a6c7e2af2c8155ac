"""How long a person waits between clicking "join" and seeing somebody.

`python3 run.py bench join`: one Chromium publishes a small picture; another joins the call by hand
in the real client, again and again, each time in a fresh tab that has shown its device check.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.e2e.product import Product

RUNS = 20
TARGET_MS = 1000.0
PATIENCE_S = 20.0
PEOPLE = ("oncologist@demo.example", "surgeon@demo.example")
WIDTH, HEIGHT, RATE, FRAMES = 320, 180, 20, 40
FLAGS = (
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MARKS = Path(__file__).with_name("join.js")
STEPS = ("connection", "track", "connected")
SHOWS_PREVIEW = "document.querySelector('[data-testid=device-preview] video')?.videoWidth > 0"
HEARS_NOBODY = "document.querySelectorAll('[data-testid^=tile-] video').length < 2"

Marks = dict[str, float]


def run(seconds: float, runs: int = RUNS) -> dict[str, Any]:
    """Join so many times; each run waits at most `seconds`, or 20, for its picture."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise RuntimeError("Chromium is absent")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        picture = Path(folder) / "camera.y4m"
        picture.write_bytes(moving_picture())
        product = Product(Path(folder), {"MEDIA_WORKERS": "1"})
        try:
            product.start()
            load = os.getloadavg()[0]
            joined = asyncio.run(_measure(product, program, picture, runs, seconds))
        finally:
            product.stop()
    return {
        "results": _results(joined),
        "runs_ms": [round(one["frame"]) for one in joined],
        "picture": f"{WIDTH}x{HEIGHT} at {RATE}/s",
        "load": [round(load, 1), round(os.getloadavg()[0], 1)],
    }


def moving_picture() -> bytes:
    """A YUV4MPEG2 film of a bar that moves over grey noise, so that each frame is new."""
    noise = Random(1).randbytes(WIDTH)
    rows = bytes(128 + byte // 16 for byte in noise)
    film = [f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420jpeg\n".encode()]
    colour = bytes([128]) * (WIDTH * HEIGHT // 2)
    for n in range(FRAMES):
        at = n * WIDTH // FRAMES
        row = (rows[:at] + bytes([235]) * 8 + rows[at + 8 :])[:WIDTH]
        film += [b"FRAME\n", row * HEIGHT, colour]
    return b"".join(film)


async def _measure(
    product: Product, program: str, picture: Path, runs: int, seconds: float
) -> list[Marks]:
    room, tokens = await asyncio.to_thread(_open_room, product)
    async with _browser(program, picture) as browser:
        publisher, joiner = [await _sign_in(browser, product, email) for email in PEOPLE]
        await publisher.goto(f"{product.url}/rooms/{room}")
        await publisher.click("[data-testid=join-call]")
        await publisher.wait_for_selector("[data-testid=leave-call]")
        joined = []
        for _ in range(runs):
            async with asyncio.timeout(max(seconds, PATIENCE_S)):
                joined.append(await _join(joiner.context, f"{product.url}/rooms/{room}"))
            await _until(publisher, HEARS_NOBODY)
            await _until_alone(product, room, tokens[0])
    return joined


async def _join(context: BrowserContext, url: str) -> Marks:
    """One run; ms from the click."""
    page = await context.new_page()
    await page.add_init_script(path=MARKS)
    await page.goto(url)
    await _until(page, SHOWS_PREVIEW)
    await page.click("[data-testid=join-call]")
    await _until(page, "window.joining.frame !== undefined")
    marks: Marks = await page.evaluate("window.joining")
    await page.close()
    return {name: at - marks["click"] for name, at in marks.items()}


def _open_room(product: Product) -> tuple[str, list[str]]:
    tokens = [product.sign_in(email) for email in PEOPLE]
    user = product.ask("GET", "/api/v1/me", token=tokens[1])[1]["id"]
    members = [{"user": user, "role": "member"}]
    body = {"title": "Consult", "lobby": False, "members": members}
    return str(product.ask("POST", "/api/v1/rooms", body, tokens[0])[1]["id"]), tokens


async def _until_alone(product: Product, room: str, token: str) -> None:
    """Until the last run's person has left."""
    path = f"/api/v1/rooms/{room}"
    async with asyncio.timeout(PATIENCE_S):
        while True:
            _, shown = await asyncio.to_thread(product.ask, "GET", path, token=token)
            if shown["people_present"] == 1:
                return
            await asyncio.sleep(0.2)


@asynccontextmanager
async def _browser(program: str, picture: Path) -> AsyncIterator[Browser]:
    flags = [*FLAGS, f"--use-file-for-fake-video-capture={picture}"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=flags)
        try:
            yield browser
        finally:
            await browser.close()


async def _sign_in(browser: Browser, product: Product, email: str) -> Page:
    context = await browser.new_context(locale="en", viewport={"width": 1024, "height": 640})
    page = await context.new_page()
    await page.goto(product.url)
    await page.fill("input[type=email]", email)
    await page.fill("input[type=password]", product.logins()[email])
    await page.press("input[type=password]", "Enter")
    await page.wait_for_selector("main h1")
    await page.wait_for_selector("input[type=password]", state="detached")
    return page


async def _until(page: Page, condition: str) -> None:
    """Poll: the content security policy forbids what Playwright's own waiting needs."""
    async with asyncio.timeout(PATIENCE_S):
        while not await page.evaluate(condition):  # noqa: ASYNC110 the page has no event for it
            await asyncio.sleep(0.1)


def _results(joined: Sequence[Marks]) -> list[dict[str, Any]]:
    frames = [one["frame"] for one in joined]
    steps = [
        _row(f"click → {step}, median", statistics.median(one[step] for one in joined))
        for step in STEPS
        if all(step in one for one in joined)
    ]
    return [
        _row("click → first remote frame, median", statistics.median(frames)),
        _row("click → first remote frame, p95", _percentile(frames, 95), TARGET_MS),
        *steps,
    ]


def _row(name: str, value: float, target: float | None = None) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value, 1),
        "unit": "ms",
        "peer": None if target is None else "target",
        "peer_value": target,
        "ratio": None if target is None else round(value / target, 3),
    }


def _percentile(values: Sequence[float], percent: int) -> float:
    """The nearest rank: a value that was measured."""
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]


if __name__ == "__main__":
    json.dump(run(10.0), sys.stdout, indent=2, ensure_ascii=False)
