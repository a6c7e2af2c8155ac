"""A doctor takes a case to the expert centre; both meet by video, and an outcome comes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from tests.e2e.conftest import OpenChromium
from tests.e2e.looking import look
from tests.e2e.product import Product
from tests.e2e.seat import ChromiumSeat

pytestmark = [pytest.mark.browser, pytest.mark.slow]

REQUESTER, EXPERT = "radiotherapist@demo.example", "oncologist@demo.example"
MOST_CLICKS = 4
"""From the list of cases to the booked slot."""
CASE = {
    "input[name=name]": "Mario Prova",
    "input[name=birth_date]": "1961-04-02",
    "input[name=identifier]": "PRVMRA61D02F205X",
    "textarea[name=diagnosis]": "Cordoma sacrale di 6 cm, G2",
    "textarea[name=question]": "È indicata l'adroterapia con ioni carbonio?",
    "textarea[name=prior]": "Chirurgia in marzo, margini positivi",
}


async def sign_in(
    product: Product, open_chromium: OpenChromium, email: str, locale: str, phone: bool
) -> ChromiumSeat:
    """A demo doctor in a language, at a browser of that form."""
    product.ask("PATCH", "/api/v1/me", {"locale": locale}, product.sign_in(email))
    seat = await open_chromium(email, locale=locale, phone=phone)
    await seat.sign_in(product.url, email, product.logins()[email])
    return seat


def publish_soon(product: Product) -> None:
    """A slot of the expert in a few minutes, so that the consult is near."""
    soon = datetime.now(UTC).replace(tzinfo=None, second=0, microsecond=0) + timedelta(minutes=8)
    body = {"first": soon.isoformat(), "zone": "UTC", "minutes": 30}
    status, answer = product.ask("POST", "/api/v1/slots", body, product.sign_in(EXPERT))
    assert status == 201, answer


async def is_in(seat: ChromiumSeat, state: str) -> None:
    """The page of the case says so."""
    await seat.wait_for(f"[data-testid=state][data-state={state}]")


async def confirm_dialog(seat: ChromiumSeat) -> None:
    """The last button of the dialog, which then closes."""
    await seat.page.locator("dialog[open] button").last.click()
    await seat.wait_without("dialog[open]")


async def join(seat: ChromiumSeat) -> None:
    """From the device check into the call."""
    await seat.click("[data-testid=join-call]")
    await seat.wait_for("[data-testid=leave-call]")


async def show_panel(seat: ChromiumSeat, tab: str) -> None:
    """Open what stands beside the call."""
    if not await seat.has(f"[data-testid={tab}-tab]"):
        await seat.click("[data-testid=chat-toggle]")
    await seat.click(f"[data-testid={tab}-tab]")


@pytest.mark.parametrize(
    ("phone", "locale"),
    [pytest.param(True, "it", id="phone"), pytest.param(False, "fr", id="desktop")],
)
async def test_a_case_goes_to_the_centre(
    product: Product, open_chromium: OpenChromium, tmp_path: Path, phone: bool, locale: str
) -> None:
    publish_soon(product)
    doctor = await sign_in(product, open_chromium, REQUESTER, locale, phone)
    expert = await sign_in(product, open_chromium, EXPERT, locale, phone)

    await doctor.open(f"{product.url}/consultations")
    clicks = await _describe_and_book(doctor)
    assert clicks <= MOST_CLICKS
    await is_in(doctor, "requested")
    await look(doctor, "consultation-requested")
    await doctor.click("[data-testid=enter-room]")
    await join(doctor)
    await show_panel(doctor, "documents")
    assert not await doctor.has("[data-testid=upload-input]"), "not confirmed yet"

    await expert.open(f"{product.url}/consultations")
    await expert.wait_for("[data-testid=cases]")
    await look(expert, "consultation-requests")
    await expert.click("[data-testid=cases] a")
    await expert.wait_for("[data-testid=confirm]")
    await look(expert, "consultation-answer")
    await expert.click("[data-testid=confirm]")
    await is_in(expert, "confirmed")
    await doctor.wait_for("[data-testid=upload-input]")
    await doctor.attach("[data-testid=upload-input]", Path(str(get_testdata_file("CT_small.dcm"))))
    await doctor.wait_for("[data-testid=document-row]")

    await expert.open(product.url)
    await expert.click('[data-testid="task-consultations.join"]')
    await join(expert)
    for seat in (doctor, expert):
        await seat.sees(1, "video")
        await show_panel(seat, "case")
        await seat.wait_for("[data-testid=case-panel] dl")
    await look(expert, "consultation-room")
    await expert.click("[data-testid=documents-tab]")
    await expert.wait_for("[data-testid=document-row]")
    await expert.click("[data-testid=case-tab]")

    await expert.write("textarea[name=opinion]", "Indicazione corretta: ioni carbonio.")
    await expert.page.locator("select[name=position]").select_option("eligible")
    await expert.click("[data-testid=sign-opinion]")
    await confirm_dialog(expert)
    await expert.wait_for("[data-testid=opinion]")
    await doctor.click("[data-testid=case-tab]")
    await doctor.wait_for("[data-testid=opinion]")
    await doctor.click("[data-testid=case-page]")

    await is_in(doctor, "confirmed")
    await doctor.write("textarea[name=synthesis]", "Si propone l'adroterapia con ioni carbonio.")
    await doctor.page.locator("select[name=outcome]").select_option("eligible")
    await look(doctor, "consultation-synthesis")
    await doctor.click("[data-testid=finalise]")
    await confirm_dialog(doctor)
    await is_in(doctor, "concluded")
    await doctor.wait_for("[data-testid=synthesis]")
    await look(doctor, "consultation-concluded")
    async with doctor.page.expect_download() as downloading:
        await doctor.click("[data-testid=pdf]")
    paper = tmp_path / "report.pdf"
    await (await downloading.value).save_as(paper)
    assert paper.read_bytes().startswith(b"%PDF-")

    await expert.open(f"{product.url}/consultations")
    await expert.click("[data-tab=agenda]")
    await expert.wait_for("[data-testid=slot-row]")
    await look(expert, "consultation-agenda")
    before = len(await expert.texts("[data-testid=slot-row]"))
    await expert.click("[data-testid=publish-slots]")
    await expert.page.locator("dialog[open] input[name=first]").fill("2031-03-03T09:00")
    await look(expert, "consultation-publish")
    await expert.click("[data-testid=publish-submit]")

    async def is_longer() -> bool:
        return len(await expert.texts("[data-testid=slot-row]")) == before + 4

    await expert.until(is_longer, "four more slots")


async def _describe_and_book(doctor: ChromiumSeat) -> int:
    clicks = 0

    async def click(selector: str) -> None:
        nonlocal clicks
        clicks += 1
        await doctor.click(selector)

    await doctor.wait_for("[data-testid=new-case]")
    await look(doctor, "consultations")
    await click("[data-testid=new-case]")
    for field, text in CASE.items():
        await doctor.write(field, text)
    await look(doctor, "consultation-new")
    await click("[data-testid=case-continue]")
    await doctor.wait_for("[data-testid=slot]")
    await look(doctor, "consultation-book")
    await click("[data-testid=slot]")
    await click("[data-testid=book-slot]")
    return clicks
