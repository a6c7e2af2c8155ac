"""Two pages of the benchmark of alerts in Chromium: a ward's desk, and a radiologist's phone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from tests.e2e.product import Product
from tests.e2e.seat import CHROMIUM_FLAGS

PHONE = ViewportSize(width=360, height=740)
DESK = ViewportSize(width=1280, height=800)
PATIENCE_MS = 30_000.0
MARKS = Path(__file__).with_name("alerts.js")
ALERT = "[data-testid=alert]"
FIELDS = {
    "name": "Nina Ipsilon",
    "birth_date": "1950-02-01",
    "identifier": "NPSNNI50B41F205X",
    "question": "Fall from a ladder, GCS 13, on apixaban. Bleeding?",
    "call_back": "+44 20 7946 0123",
}


@dataclass(frozen=True)
class Shown:
    """One alert, in ms from the ward's click; `filed` is that click's time in s."""

    request: str
    filed: float
    sight_ms: float
    question_ms: float


@dataclass(frozen=True)
class Screens:
    """Both pages; what is measured passes between them."""

    url: str
    ward: Page
    phone: Page

    async def prepare(self, service: str) -> None:
        """Fill the ward's form in, all but its last click; forget the last alert."""
        ward = self.ward
        await ward.goto(f"{self.url}/guard/new?service={service}")
        await ward.click("[data-testid=priority-emergency]")
        for name, text in FIELDS.items():
            await ward.fill(f"[name={name}]", text)
        await self.phone.evaluate("window.alerts = { filed: 0, sight: 0, question: 0 }")

    async def file(self) -> Shown:
        """The click, until the phone shows the alert and its question."""
        await self.ward.evaluate("document.querySelector('[data-testid=guard-submit]').click()")
        await self.phone.wait_for_selector(f"{ALERT} [data-testid=alert-question]")
        await self.ward.wait_for_selector("[data-testid=status]")
        filed = await self.ward.evaluate("window.alerts.filed")
        await self.phone.wait_for_function("window.alerts.sight && window.alerts.question")
        marks = await self.phone.evaluate("window.alerts")
        sight, question = marks["sight"] - filed, marks["question"] - filed
        return Shown(self.ward.url.rpartition("/")[2], filed / 1000, sight, question)

    async def close_alert(self) -> None:
        """Once its request is over; the phone is as it was."""
        await self.phone.click(f"{ALERT} [data-testid=alert-close]")
        await self.phone.wait_for_selector(ALERT, state="detached")


@asynccontextmanager
async def screens(
    program: str, product: Product, nurse: str, reader: str
) -> AsyncIterator[Screens]:
    """Both signed in, the radiologist's shift begun."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=CHROMIUM_FLAGS)
        try:
            ward = await _sign_in(browser, product, nurse, DESK)
            phone = await _sign_in(browser, product, reader, PHONE)
            await phone.goto(f"{product.url}/guard")
            await phone.click("[data-testid=start-shift]")
            await phone.wait_for_selector("[data-testid=ready][data-state=ready]")
            yield Screens(product.url, ward, phone)
        finally:
            await browser.close()


async def _sign_in(browser: Browser, product: Product, email: str, size: ViewportSize) -> Page:
    context = await browser.new_context(locale="en", viewport=size)
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    await page.add_init_script(path=MARKS)
    await page.goto(product.url)
    await page.fill("input[type=email]", email)
    await page.fill("input[type=password]", product.logins()[email])
    await page.press("input[type=password]", "Enter")
    await page.wait_for_selector("input[type=password]", state="detached")
    await page.wait_for_selector("main h1")
    return page
