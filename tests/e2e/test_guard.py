"""A night on guard: asked on the ward, rung, escalated, accepted in two taps, reported, read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from pydicom.data import get_testdata_file

from tests.e2e.conftest import OpenChromium
from tests.e2e.guard_duty import (
    ADMIN,
    FIRST,
    LISTEN,
    NURSE,
    SECOND,
    Duty,
    falls_silent,
    hears,
    in_sight,
    loses_connection,
)
from tests.e2e.looking import look
from tests.e2e.product import Product
from tests.e2e.seat import ChromiumSeat

pytestmark = [pytest.mark.browser, pytest.mark.calls, pytest.mark.slow]

QUESTION = "TC cranio: caduta dalle scale, GCS 13, in terapia con apixaban. Ematoma?"
TARGET_PX = 48
RINGS_WITHIN_MS = 2000

Sits = Callable[[str], Awaitable[ChromiumSeat]]


@pytest.mark.parametrize(
    ("phone", "locale"),
    [pytest.param(True, "it", id="phone"), pytest.param(False, "fr", id="desktop")],
)
async def test_guard(
    network: Product, open_chromium: OpenChromium, phone: bool, locale: str
) -> None:
    duty = Duty(network, locale)
    service = duty.service("TC urgenze" if phone else "Scanner urgences", FIRST, SECOND)
    empty = duty.service("RM notturna" if phone else "IRM de nuit", None)

    async def sits(email: str) -> ChromiumSeat:
        seat = await open_chromium(email.partition("@")[0], locale=locale, phone=phone)
        await seat.page.add_init_script(LISTEN)
        await seat.sign_in(network.url, email, network.logins()[email])
        await seat.open(f"{network.url}/guard")
        await seat.wait_for("[data-testid=services] li")
        return seat

    first, second, ward = await sits(FIRST), await sits(SECOND), await sits(NURSE)
    for radiologist in (first, second):
        await start_shift(radiologist)
    await look(first, "guard-console")
    await look(ward, "guard")

    if phone:
        await answers_a_drill(first, duty)

    request = await file_request(ward, service["id"])
    await hears_within(first, ward, RINGS_WITHIN_MS)
    await sees_all_at_once(first)
    await look(first, "guard-alert")
    await ward.wait_for("[data-testid=alerted-1][data-stage=seen]")
    assert duty.name_of(FIRST) in (await ward.texts("[data-testid=alerted-1]"))[0]
    assert not await second.has("[data-testid=alert]") or await ward.has("[data-testid=alerted-2]")

    # Nobody answers: the second step.
    await second.wait_for("[data-testid=alert][data-stage=ringing]")
    await second.until(lambda: hears(second), "the second alarm")
    await ward.wait_for("[data-testid=alerted-2]")
    await look(ward, "guard-status")

    # Two taps, and the other is told who won.
    await second.click("[data-testid=alert-accept]")
    await second.wait_for("[data-testid=alert][data-stage=mine]")
    await first.wait_for("[data-testid=alert][data-stage=taken]")
    assert duty.name_of(SECOND) in (await first.texts("[data-testid=alert-title]"))[0]
    await falls_silent(first)
    await look(first, "guard-taken")
    await look(second, "guard-accepted")
    await first.click("[data-testid=alert-close]")
    await first.wait_without("[data-testid=alert]")
    await second.click("[data-testid=alert-open]")
    await second.click("[data-testid=join-call]")
    await second.wait_for("[data-testid=leave-call]")

    await sees_a_handover(first, duty, service)

    await in_the_room(ward, second, phone)
    await reported(ward, second, network, request)
    await nobody_on_call(ward, network, empty)


async def start_shift(seat: ChromiumSeat) -> None:
    """One button lets sound through; it is heard."""
    await seat.wait_for("[data-testid=ready][data-state=off]")
    await seat.click("[data-testid=start-shift]")
    await seat.wait_for("[data-testid=ready][data-state=ready]")
    await seat.until(lambda: hears(seat), "the sound's proof")
    # What comes back after a cut needs no touch to be heard.
    await loses_connection(seat)
    await seat.wait_for("[data-testid=ready][data-state=ready]")


async def answers_a_drill(seat: ChromiumSeat, duty: Duty) -> None:
    """It looks like nothing else, and one touch says that it was heard."""
    duty.ask(ADMIN, "POST", "guard/drills", {"audible": True})
    await seat.wait_for("[data-testid=drill]")
    await in_sight(seat, "[data-testid=drill] button")
    await look(seat, "guard-drill")
    await seat.click("[data-testid=drill] button")
    await seat.wait_without("[data-testid=drill]")


async def sees_a_handover(seat: ChromiumSeat, duty: Duty, service: Any) -> None:
    """A colleague offers the guard with its open case; this time the offer is taken back."""
    offer = {"rota": service["steps"][1]["rota"], "to": duty.people[FIRST]["id"]}
    made = duty.ask(SECOND, "POST", "guard/handovers", offer)
    await seat.wait_for("[data-testid=handover-incoming]")
    await seat.page.locator("[data-testid=handover-incoming]").scroll_into_view_if_needed()
    await look(seat, "guard-handover")
    duty.ask(SECOND, "POST", f"guard/handovers/{made['id']}/withdraw")
    await seat.wait_without("[data-testid=handover-incoming]")


async def file_request(ward: ChromiumSeat, service: str) -> str:
    """An emergency with an image, in the form; answers the request's id."""
    await ward.click("[data-testid=guard-new]")
    await ward.wait_for("[data-testid=guard-form]")
    await ward.page.locator("select[name=service]").select_option(service)
    await ward.click("[data-testid=priority-emergency]")
    await ward.write("[name=name]", "Ugo Pazienti")
    await ward.write("[name=birth_date]", "1957-03-12")
    await ward.write("[name=identifier]", "PZNGUO57C12F205X")
    await ward.write("[name=question]", QUESTION)
    await ward.write("[name=allergy]", "mezzo di contrasto iodato")
    await ward.write("[name=creatinine]", "1,4 mg/dL")
    await ward.click("[name=justify_first]")
    await ward.write("[name=call_back]", "+44 20 7946 0123")
    await ward.attach("[data-testid=guard-file]", Path(str(get_testdata_file("CT_small.dcm"))))
    await look(ward, "guard-new")
    await ward.evaluate(
        """addEventListener('submit', () => { window.filedAt = Date.now(); }, true);
           document.querySelector('[data-testid=guard-submit]').click();"""
    )
    await ward.wait_for("[data-testid=status]")
    await ward.wait_for("[data-testid=attachment][data-state=done]")
    return ward.page.url.rpartition("/")[2]


async def hears_within(radiologist: ChromiumSeat, ward: ChromiumSeat, limit_ms: int) -> None:
    """The page shows the alarm and sounds, by the two pages' own clocks."""
    await radiologist.wait_for("[data-testid=alert][data-stage=ringing]")
    await radiologist.until(lambda: hears(radiologist), "the alarm")
    rang = await radiologist.evaluate("return window.rangAt")
    filed = await ward.evaluate("return window.filedAt")
    assert 0 <= rang - filed <= limit_ms


async def sees_all_at_once(seat: ChromiumSeat) -> None:
    """What decides is in sight without scrolling; what is touched is large enough."""
    await seat.wait_for("[data-testid=alert-question]")
    assert QUESTION in (await seat.texts("[data-testid=alert-question]"))[0]
    for fact in ("alert-question", "fact-age", "fact-allergy", "fact-creatinine", "fact-exam"):
        await in_sight(seat, f"[data-testid={fact}]")
    for target in ("alert-call", "alert-accept", "alert-quieten"):
        width, height = await in_sight(seat, f"[data-testid={target}]")
        assert min(width, height) >= TARGET_PX, target
    link = await seat.evaluate("return document.querySelector('[data-testid=alert-call]').href")
    assert link == "tel:+442079460123"
    focus = "return document.activeElement.dataset.testid"
    assert await seat.evaluate(focus) == "alert-title"


async def in_the_room(ward: ChromiumSeat, radiologist: ChromiumSeat, phone: bool) -> None:
    """Call, chat and the image."""
    await ward.wait_for("[data-testid=status][data-state=working]")
    await ward.click("[data-testid=open-room]")
    await ward.click("[data-testid=join-call]")
    await ward.wait_for("[data-testid=leave-call]")
    await radiologist.sees(1, "video")
    await ward.sees(1, "video")
    for seat in (ward, radiologist):
        if not await seat.has("[data-testid=chat-tab]"):
            await seat.click("[data-testid=chat-toggle]")
        await seat.click("[data-testid=chat-tab]")
    await ward.say("Arriva in TAC tra dieci minuti")
    await radiologist.wait_for("[data-testid=chat-message]")
    await radiologist.click("[data-testid=documents-tab]")
    await radiologist.wait_for("[data-testid=document-row]")
    await radiologist.click("[data-testid=case-tab]")
    await radiologist.wait_for("[data-testid=report-findings]")
    await look(radiologist, "guard-room")
    await justifies(ward, radiologist)


async def justifies(ward: ChromiumSeat, radiologist: ChromiumSeat) -> None:
    """Before the exam, in the room; the ward sees it there and says when the exam is done."""
    panel = "[data-testid=justification]"
    await radiologist.write(f"{panel} [name=protocol]", "Senza contrasto, poi subito sottile.")
    await radiologist.click("[data-testid=justify]")
    await radiologist.wait_for(f"{panel}[data-verdict=justified]")
    await radiologist.page.locator(panel).scroll_into_view_if_needed()
    await look(radiologist, "guard-justified")
    await ward.click("[data-testid=case-tab]")
    await ward.click("[data-testid=mark-exam-done]")
    await radiologist.wait_for("[data-testid=exam-done]")


async def reported(
    ward: ChromiumSeat, radiologist: ChromiumSeat, network: Product, request: str
) -> None:
    """Interim, a critical finding read back, final, and read by who asked."""
    await ward.click("[data-testid=leave-call]")
    await ward.open(f"{network.url}/guard/requests/{request}")
    await radiologist.write("[data-testid=report-findings]", "Ematoma sottodurale sinistro, 9 mm.")
    await radiologist.write("[data-testid=report-conclusion]", "Sottodurale acuto.")
    await radiologist.write("[data-testid=report-viewer]", "PACS certificato")
    await sign(radiologist, "report-sign-interim")
    await ward.wait_for("[data-testid=status][data-state=report_pending]")
    await ward.wait_for("[data-testid=report-state][data-state=interim]")

    await radiologist.write("[data-testid=report-critical-text]", "Shift di 6 mm")
    await radiologist.click("[data-testid=report-critical-add]")
    await radiologist.wait_for("[data-testid=report-critical][data-heard=false]")
    await radiologist.click("[data-testid=report-sign]")
    await radiologist.click("dialog[open] footer .primary")
    await radiologist.wait_for("dialog[open] [role=alert]")
    await radiologist.page.keyboard.press("Escape")
    await radiologist.click("[data-testid=report-read-back]")
    await radiologist.write("dialog[open] [name=receiver]", "Nina Infermieri")
    await radiologist.click("[data-testid=report-read-back-confirm]")
    await radiologist.wait_for("[data-testid=report-critical][data-heard=true]")
    await sign(radiologist, "report-sign")

    await ward.wait_for("[data-testid=status][data-state=reported]")
    await ward.wait_for("[data-testid=report-state][data-state=final]")
    await look(ward, "guard-reported")
    await ward.click("[data-testid=acknowledge]")
    await ward.wait_for("[data-testid=status][data-state=closed]")
    told = await ward.evaluate(
        """return [...document.querySelectorAll('[data-testid=guard-log] li')]
               .map(one => one.dataset.type)"""
    )
    kinds = [
        "requested",
        "alerted",
        "accepted",
        "working",
        "justified",
        "exam_done",
        "reported",
        "closed",
    ]
    first_seen = [told.index(f"guard.{kind}") for kind in kinds]
    assert first_seen == sorted(first_seen)


async def sign(seat: ChromiumSeat, button: str) -> None:
    await seat.click(f"[data-testid={button}]")
    await seat.click("dialog[open] footer .primary")
    await seat.wait_without("dialog[open]")


async def nobody_on_call(ward: ChromiumSeat, network: Product, service: dict[str, str]) -> None:
    """An empty rota: said before and after sending, with whom to telephone."""
    await ward.open(f"{network.url}/guard/new?service={service['id']}")
    await ward.wait_for("[data-testid=no-cover-phone]")
    await ward.click("[data-testid=priority-urgent]")
    await ward.write("[name=name]", "Ada Pazienti")
    await ward.write("[name=birth_date]", "1961-07-01")
    await ward.write("[name=identifier]", "PZNDAA61L41F205X")
    await ward.write("[name=question]", "RM encefalo: deficit improvviso.")
    await ward.write("[name=call_back]", "+44 20 7946 0123")
    await ward.click("[data-testid=guard-submit]")
    await ward.wait_for("[data-testid=unanswered-phone]", 5)
    link = await ward.evaluate(
        "return document.querySelector('[data-testid=unanswered-phone]').href"
    )
    assert link == "tel:+442079460100"
    await look(ward, "guard-no-cover")
