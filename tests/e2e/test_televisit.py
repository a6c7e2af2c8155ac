"""A televisit in two browsers: link, waiting room, identity, consent, call, report."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import OpenChromium
from tests.e2e.looking import look
from tests.e2e.product import Product
from tests.e2e.seat import ChromiumSeat

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CLINICIAN = "psychologist@demo.example"
COUNT_TONES = """
    const start = OscillatorNode.prototype.start;
    window.tones = 0;
    OscillatorNode.prototype.start = function (...when) {
        window.tones += 1;
        return start.apply(this, when);
    };
"""


@pytest.mark.parametrize(
    ("phone", "locale"),
    [pytest.param(True, "it", id="phone"), pytest.param(False, "fr", id="desktop")],
)
async def test_a_clinician_sees_a_patient(
    network: Product, open_chromium: OpenChromium, phone: bool, locale: str
) -> None:
    token = network.sign_in(CLINICIAN)
    network.ask("PATCH", "/api/v1/me", {"locale": locale}, token)
    clinician = await open_chromium("clinician", locale=locale, phone=phone)
    await clinician.page.add_init_script(COUNT_TONES)
    await clinician.sign_in(network.url, CLINICIAN, network.logins()[CLINICIAN])

    # The visit goes into the agenda; its link is shown once.
    await clinician.open(f"{network.url}/televisits")
    code = await schedule(clinician, "phone" if phone else "desktop")
    await clinician.click("[data-testid=link-done]")
    await clinician.wait_without("[data-testid=televisit-link]")
    await look(clinician, "televisits")

    # The patient: two taps from the link to the waiting room, devices seen on the way.
    patient = await open_chromium("patient", locale=locale, phone=phone)
    await patient.open(f"{network.url}/join#{code}")
    await patient.wait_for("main button")
    await patient.page.locator("main button").last.click()
    await patient.wait_for("[data-testid=device-preview] video")
    await look(patient, "televisit-check")
    await patient.click("[data-testid=join-call]")
    await patient.wait_for("[data-testid=lobby-waiting]")
    await look(patient, "televisit-lobby")

    # The clinician hears and sees it, and lets the patient in.
    await clinician.wait_for("[data-testid=waiting-now]")
    assert await clinician.evaluate("return window.tones") >= 2
    await look(clinician, "televisits-waiting")
    await clinician.click("[data-testid^=enter-]")
    await clinician.click("[data-testid=join-call]")
    await clinician.click("[data-testid^=admit-]")
    for seat in (clinician, patient):
        await seat.sees(1, "video", seconds=40)
        await seat.sees(1, "audio", seconds=40)
    assert not await patient.has("[data-testid=case-tab]")

    # Identity and consent, then it is a visit.
    if not await clinician.has("[data-testid=case-tab]"):
        await clinician.click("[data-testid=people-toggle]")
    await clinician.click("[data-testid=case-tab]")
    for check in ("birth", "identifier", "document"):
        await clinician.page.locator(f"[data-testid=check-{check}] label").first.click()
    await look(clinician, "televisit-identity")
    await clinician.click("[data-testid=identify]")
    await clinician.wait_for("[data-testid=consent-given]")
    await look(clinician, "televisit-consent")
    await clinician.click("[data-testid=consent-given]")
    await clinician.click("[data-testid=begin]")
    await clinician.wait_for("[data-testid=televisit-steps][data-state=in_progress]")

    # The patient's page is loaded again: back in the call without asking anybody.
    await patient.reload()
    await patient.sees(1, "video", seconds=40)
    assert not await patient.has("[data-testid=lobby-waiting]")
    await clinician.sees(1, "video", seconds=40)

    # No report is signed before quality and suitability are said.
    await clinician.click("[data-testid=conclude]")
    await clinician.write("[data-testid=report-findings]", "Dorme meglio, umore stabile.")
    await clinician.write("[data-testid=report-conclusion]", "Si rivede tra un mese.")
    await sign(clinician)
    await clinician.wait_for("dialog[open] [role=alert]")
    await clinician.page.keyboard.press("Escape")
    await clinician.wait_without("dialog[open]")
    await clinician.wait_for("[data-testid=report-state][data-state=draft]")
    await look(clinician, "televisit-conclude")
    await clinician.page.locator("[data-testid=conclude-form] label").first.click()
    await (
        clinician.page.locator("[data-testid=conclude-form] fieldset")
        .nth(1)
        .locator("label")
        .first.click()
    )
    await clinician.click("[data-testid=conclude]")
    await clinician.wait_for("[data-testid=verdict]")
    await sign(clinician)
    await clinician.wait_for("[data-testid=report-state][data-state=final]")
    await clinician.wait_for("[data-testid=televisit-steps][data-state=closed]")
    await clinician.click("[data-testid=case-page]")
    await clinician.wait_for("[data-testid=televisit-state][data-state=closed]")
    await clinician.wait_for("[data-testid=report-state]")
    await look(clinician, "televisit")


async def schedule(seat: ChromiumSeat, form: str) -> str:
    """A visit in a quarter of an hour at most; answers the code of the patient's link."""
    await seat.click("[data-testid=new-televisit]")
    await seat.write("[data-testid=televisit-form] [name=name]", f"Anna {form.title()}")
    await seat.write("[data-testid=televisit-form] [name=birth_date]", "1961-04-02")
    await seat.write("[data-testid=televisit-form] [name=identifier]", f"TELEVISIT-{form}")
    await seat.write("[data-testid=televisit-form] [name=reason]", "Colloquio di controllo")
    await look(seat, "televisit-new")
    await seat.click("[data-testid=schedule-televisit]")
    await seat.wait_for("[data-testid=televisit-link]")
    await look(seat, "televisit-link")
    (link,) = await seat.texts("[data-testid=televisit-link]")
    return link.partition("#")[2].strip()


async def sign(seat: ChromiumSeat) -> None:
    """Sign the report for good, and confirm."""
    await seat.click("[data-testid=report-sign]")
    await seat.wait_for("dialog[open]")
    await seat.evaluate("[...document.querySelectorAll('dialog[open] button')].at(-1).click()")
