"""A nurse writes urgently to the radiologist on guard, and sees without a click who has it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.e2e.conftest import OpenChromium
from tests.e2e.looking import look
from tests.e2e.product import Product
from tests.e2e.seat import ChromiumSeat

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NINA, RITA = "nurse@demo.example", "radiologist@demo.example"
GUARD = "Radiologist on guard"
ROLE = f'[data-testid="role"]:has(strong:text-is("{GUARD}"))'


def prepare(network: Product, locale: str) -> None:
    """Both read in this language, and Rita is on guard for the next hour."""
    people = {}
    for email in (NINA, RITA):
        token = network.sign_in(email)
        status, me = network.ask("PATCH", "/api/v1/me", {"locale": locale}, token)
        assert status == 200
        people[email] = (token, me["id"])
    token, rita = people[RITA]
    _, listed = network.ask("GET", "/api/v1/on-call", token=token)
    rota = next(one["rota"] for one in listed["items"] if one["name"] == GUARD)
    now = datetime.now(UTC)
    body = {
        "member": rita,
        "start": now.isoformat(),
        "end": (now + timedelta(hours=1)).isoformat(),
    }
    status, answer = network.ask("POST", f"/api/v1/rotas/{rota}/overrides", body, token)
    assert status == 201, answer


@pytest.mark.parametrize(
    ("phone", "locale"),
    [pytest.param(True, "it", id="phone"), pytest.param(False, "fr", id="desktop")],
)
async def test_role_chat(
    network: Product, open_chromium: OpenChromium, phone: bool, locale: str
) -> None:
    prepare(network, locale)
    passwords = network.logins()
    nina = await open_chromium("nina", locale=locale, phone=phone)
    rita = await open_chromium("rita", locale=locale, phone=phone)
    await asyncio.gather(
        nina.sign_in(network.url, NINA, passwords[NINA]),
        rita.sign_in(network.url, RITA, passwords[RITA]),
    )

    # The role, then words: two taps.
    await nina.open(f"{network.url}/messages")
    await nina.wait_for(ROLE)
    await look(nina, "messages")
    await nina.click(ROLE)
    await nina.write('[data-testid="thread-text"]', "Letto 4: può guardare la TAC?")
    await nina.click('input[name="urgent"]')
    await look(nina, "write-to-role")
    await nina.click('[data-testid="send-thread"]')
    await nina.wait_for('[data-testid="thread-status"]')

    # It reaches her device by itself; her colleague sees that, then who has it.
    await rita.wait_for('[data-testid="urgent-bar"]')
    await nina.wait_for('[data-testid="progress"][data-state="received"]')
    await look(nina, "conversation-waiting")
    await look(rita, "urgent-bar")
    await rita.click('[data-testid="bar-acknowledge"]')
    await nina.wait_for('[data-testid="acknowledged"]')
    await rita.wait_without('[data-testid="urgent-bar"]')

    # She answers where she is; reading shows too.
    await rita.open(f"{network.url}/messages")
    await rita.click('[data-testid="thread"]')
    await rita.write('[data-testid="chat-input"]', "Arrivo.")
    await rita.press_enter('[data-testid="chat-input"]')
    await rita.wait_for('[data-testid="progress"][data-state="read"]')
    await look(rita, "conversation")
    await nina.click('[data-testid="escalate"]')
    await nina.wait_for('[data-testid="escalated"]')
    await nina.wait_for('[data-testid="second-phone"]')

    # Escalation made it urgent again: whoever takes it ends the repeats for both.
    await rita.open(network.url)
    await rita.wait_for('[data-testid="urgent-bar"]')
    await rita.click('[data-testid="bar-acknowledge"]')
    await rita.wait_without('[data-testid="urgent-bar"]')

    await see_rotas(network, rita)


async def see_rotas(network: Product, rita: ChromiumSeat) -> None:
    """Who is on duty when, and a stand-in taken back."""
    await rita.open(f"{network.url}/rotas")
    await rita.wait_for('[data-testid="rota"]')
    await look(rita, "rotas")
    await rita.click(f'[data-testid="rota"]:has(strong:text-is("{GUARD}"))')
    await rita.wait_for('[data-testid="remove-override"]')
    await look(rita, "rota")
    await rita.click('[data-testid="feed"]')
    await rita.page.get_by_text("duty.ics").first.scroll_into_view_if_needed()
    await look(rita, "rota-feed")
    await edit_by_keyboard(rita)
    await rita.click('[data-testid="edit-rota"]')
    await rita.wait_for('[data-testid="rota-member"]')
    await look(rita, "rota-edit")
    await rita.click('[data-testid="save-rota"]')
    await rita.wait_without('[data-testid="rota-member"]')
    await takes_a_roster_in(rita)
    await rita.click('[data-testid="new-override"]')
    await rita.click('[data-testid="save-override"]')
    await rita.wait_without('[data-testid="save-override"]')
    await rita.click('[data-testid="remove-override"]')
    await rita.open(f"{network.url}/account")
    await rita.wait_for("[data-testid=quiet-hours]")
    await look(rita, "account-radiologist")


async def takes_a_roster_in(rita: ChromiumSeat) -> None:
    """Three nights of three weeks from a spreadsheet, where one person has a week at a time."""
    day = datetime.now(UTC).replace(hour=20, minute=0, second=0, microsecond=0)
    nights = [day + timedelta(days=days) for days in (42, 49, 56)]
    if rita.form == "phone":
        nights = [night + timedelta(days=28) for night in nights]
    lines = [
        f"{one.isoformat()};{(one + timedelta(hours=9)).isoformat()};{RITA};" for one in nights
    ]
    table = "\n".join(["start;end;person;name", *lines]).encode()
    await rita.page.set_input_files(
        '[data-testid="roster-file"]',
        {"name": "turni.csv", "mimeType": "text/csv", "buffer": table},
    )
    await rita.wait_for('[data-testid="import-changes"] li:nth-child(2)')
    assert len(await rita.texts('[data-testid="import-changes"] li')) == 2, "one week is hers"
    await look(rita, "rota-import")
    await rita.click('[data-testid="import"]')
    await rita.wait_without("dialog[open]")


async def edit_by_keyboard(rita: ChromiumSeat) -> None:
    """A stand-in two weeks ahead, undone again, without touching anything but keys."""
    stand_ins = rita.page.locator('[data-testid="cell"].override')
    await rita.page.locator('[data-testid="week"] [tabindex="0"]').focus()
    for key in ("PageDown", "PageDown", "ArrowDown", "End", "Enter"):
        await rita.page.keyboard.press(key)
    await rita.wait_for('[data-testid="save-override"]')
    await rita.press_enter('[name="start"]')
    await rita.wait_without('[data-testid="save-override"]')
    await stand_ins.first.wait_for()
    await rita.page.locator('[data-testid="week"] [tabindex="0"]').focus()
    await rita.page.keyboard.press("Control+z")
    await stand_ins.first.wait_for(state="detached")
    for _ in range(2):
        await rita.page.keyboard.press("PageUp")
