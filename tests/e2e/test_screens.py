"""Each screen as a person meets it: accessible, on desktop and phone, light and dark."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from tests.e2e.conftest import OpenChromium
from tests.e2e.looking import THEMES, look_in
from tests.e2e.product import Product
from tests.e2e.seat import ChromiumSeat

pytestmark = [pytest.mark.browser, pytest.mark.slow]


async def look(seat: ChromiumSeat, screen: str) -> None:
    """Check a screen in both themes and take its pictures."""
    await look_in(THEMES, seat, screen)


@pytest.mark.parametrize(
    ("phone", "locale"),
    [pytest.param(False, "en", id="desktop"), pytest.param(True, "it", id="phone")],
)
async def test_every_screen_is_accessible(
    product: Product,
    open_chromium: OpenChromium,
    phone: bool,
    locale: str,
) -> None:
    host = await open_chromium("host", locale=locale, phone=phone)
    await host.open(product.url)
    await host.wait_for("input[type=email]")
    await look(host, "sign-in")
    await host.open(f"{product.url}/register")
    await host.wait_for("select[name=organisation] option:nth-child(2)")
    await look(host, "register")
    await host.open(f"{product.url}/nowhere")
    await host.wait_for("main h1")
    await look(host, "not-found")

    token = product.sign_in("oncologist@demo.example")
    for person in (token, product.sign_in("admin@demo.example")):
        product.ask("PATCH", "/api/v1/me", {"locale": locale}, person)
    room = _room(product, token)
    await host.sign_in(
        product.url, "oncologist@demo.example", product.logins()["oncologist@demo.example"]
    )
    await host.wait_for(f'a[href="/rooms/{room}"]')
    await look(host, "home")
    await host.open(f"{product.url}/rooms/{room}/manage")
    await host.wait_for("main h2")
    await look(host, "manage")
    await host.open(f"{product.url}/account")
    await host.wait_for("main h2")
    await look(host, "account")

    await host.open(f"{product.url}/rooms/{room}")
    await host.wait_for("[data-testid=join-call]")
    await look(host, "device-check")
    await host.click("[data-testid=join-call]")
    await host.wait_for("[data-testid=leave-call]")

    guest = await open_chromium("guest", locale=locale, phone=phone)
    _, invitation = product.ask(
        "POST", f"/api/v1/rooms/{room}/invitations", {"name": "Demo Guest"}, token
    )
    await guest.open(product.url + "/join#" + invitation["link"].partition("#")[2])
    await guest.wait_for("main button")
    await look(guest, "join")
    assert "#" not in guest.page.url
    await guest.page.locator("main button").last.click()
    await guest.wait_for("[data-testid=join-call]")
    await guest.click("[data-testid=join-call]")
    await guest.wait_for("[data-testid=lobby-waiting]")
    await look(guest, "lobby")
    await host.wait_for("[data-testid^=admit-]")
    await look(host, "arrival")
    await host.click("[data-testid^=admit-]")
    await guest.wait_for("[data-testid=leave-call]")
    await host.sees(1, "video")
    await guest.sees(1, "video")
    if not await host.has("[data-testid=chat-tab]"):
        await look(host, "call")
        await host.click("[data-testid=chat-toggle]")
    await host.wait_for("[data-testid=chat-input]")
    await host.say("Le immagini arrivano subito.")
    await host.wait_for("[data-testid=chat-message]")
    await look(host, "chat" if phone else "call")
    await host.click("[data-testid=documents-tab]")
    await host.attach("[data-testid=upload-input]", Path(str(get_testdata_file("CT_small.dcm"))))
    await host.wait_for("[data-testid=document-row]")
    await look(host, "documents")
    await host.click("[data-testid=quality-tab]")
    await host.wait_for("[data-testid=link] [data-drawn=true]")
    await look(host, "quality")
    await host.click("[data-testid=people-tab]")
    await host.wait_for("[data-testid^=person-]")
    await look(host, "people-panel")

    admin = await open_chromium("admin", locale=locale, phone=phone)
    await admin.sign_in(product.url, "admin@demo.example", product.logins()["admin@demo.example"])
    for path, screen in (
        ("/admin/people", "people"),
        ("/admin/audit", "audit"),
        ("/admin/call-quality", "call-quality"),
        ("/guard/services", "guard-services"),
        ("/guard/services/new", "guard-service"),
        ("/about", "about"),
        ("/guard/figures", "guard-figures"),
        ("/report-templates", "report-templates"),
    ):
        await admin.open(product.url + path)
        await admin.wait_for("main h1")
        await admin.page.wait_for_timeout(800)
        await look(admin, screen)
    await admin.open(f"{product.url}/docs")
    await look(admin, "api")


def _room(product: Product, token: str) -> str:
    _, people = product.ask("GET", "/api/v1/people?q=Carlo", token=token)
    members = [{"user": people["items"][0]["id"], "role": "member"}]
    room = {"title": "Teleconsulto: caso 12", "lobby": True, "members": members}
    status, made = product.ask("POST", "/api/v1/rooms", room, token)
    assert status == 201, made
    return str(made["id"])
