"""A running product, and browsers to sit at."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from tests.e2e.firefox import firefox as firefox_browser
from tests.e2e.product import Product
from tests.e2e.seat import CHROMIUM_FLAGS, WATCH_CONNECTIONS, ChromiumSeat, FirefoxSeat

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 740}

OpenChromium = Callable[..., Awaitable[ChromiumSeat]]


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    """The product with an empty data folder and the demo network."""
    running = Product(tmp_path)
    running.start()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One product with the demo network for every scenario that shares it."""
    running = Product(tmp_path_factory.mktemp("network"))
    running.start()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
async def open_chromium(chromium: str) -> AsyncIterator[OpenChromium]:
    """`await open_chromium("Olga", locale="it")`: a browser of one's own."""
    async with AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        stack.push_async_callback(browser.close)

        async def open_(name: str, *, locale: str = "en", phone: bool = False) -> ChromiumSeat:
            context = await browser.new_context(
                locale=locale,
                viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]
                has_touch=phone,
                accept_downloads=True,
            )
            page = await context.new_page()
            await page.add_init_script(WATCH_CONNECTIONS)
            return ChromiumSeat(name, page, "phone" if phone else "desktop")

        yield open_


@pytest.fixture
def firefox_seat(firefox: str, tmp_path: Path) -> Iterator[FirefoxSeat]:
    """A Firefox with an empty profile."""
    with firefox_browser(firefox, tmp_path / "firefox") as client:
        yield FirefoxSeat("Firefox", client)
