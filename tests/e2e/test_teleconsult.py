"""Three doctors hold a teleconsult: two at a Chromium, one at a Firefox."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from tests.e2e.conftest import OpenChromium
from tests.e2e.product import Product
from tests.e2e.seat import FirefoxSeat, Seat

pytestmark = [pytest.mark.browser, pytest.mark.calls, pytest.mark.slow]

HOST, COLLEAGUE, REMOTE = (
    "oncologist@demo.example",
    "surgeon@demo.example",
    "oncologue@demo.example",
)


def room_of_three(product: Product) -> tuple[str, dict[str, str]]:
    """A room without a lobby, and its people's ids."""
    token = product.sign_in(HOST)
    people = {
        email: product.ask("GET", "/api/v1/me", token=product.sign_in(email))[1]["id"]
        for email in (COLLEAGUE, REMOTE)
    }
    members = [{"user": person, "role": "member"} for person in people.values()]
    room = {"title": "Teleconsult", "lobby": False, "members": members}
    status, made = product.ask("POST", "/api/v1/rooms", room, token)
    assert status == 201, made
    return made["id"], people


async def test_three_doctors_hold_a_teleconsult(
    product: Product, open_chromium: OpenChromium, firefox_seat: FirefoxSeat, tmp_path: Path
) -> None:
    room, people = room_of_three(product)
    host = await open_chromium("host", locale="it")
    colleague = await open_chromium("colleague", locale="en")
    remote = firefox_seat
    everybody: list[Seat] = [host, colleague, remote]
    passwords = product.logins()
    for seat, email in zip(everybody, (HOST, COLLEAGUE, REMOTE), strict=True):
        await seat.sign_in(product.url, email, passwords[email])
    for seat in everybody:
        await seat.join_from_home(room)

    for seat in everybody:
        await seat.sees(2, "video")
        await seat.sees(2, "audio")

    await host.say("Buongiorno a tutti")
    await colleague.wait_for("[data-testid=chat-message]")
    await colleague.say("Good morning")
    await remote.until(lambda: _has_messages(remote, 2), "two messages")
    await remote.say("Bonjour")
    for seat in everybody:
        await seat.until(lambda seat=seat: _has_messages(seat, 3), "three messages")
        shown = await seat.texts("[data-testid=chat-message]")
        for text, said in zip(shown, ("Buongiorno", "Good morning", "Bonjour"), strict=True):
            assert said in text

    scan = Path(str(get_testdata_file("CT_small.dcm")))
    await host.click("[data-testid=documents-tab]")
    await host.attach("[data-testid=upload-input]", scan)
    for seat in (colleague, remote):
        await seat.click("[data-testid=documents-tab]")
        await seat.wait_for("[data-testid=document-row]")
    async with colleague.page.expect_download() as downloading:
        await colleague.click("[data-testid^=download-]")
    arrived = tmp_path / "arrived.dcm"
    await (await downloading.value).save_as(arrived)
    assert _sha256(arrived) == _sha256(scan)

    await colleague.click("[data-testid=share-toggle]")
    await host.sees(3, "video")
    await remote.sees(3, "video")
    await colleague.click("[data-testid=share-toggle]")
    await host.sees(2, "video")

    await host.click("[data-testid=mic-toggle]")
    for seat in (colleague, remote):
        await seat.sees(1, "audio")
    await host.click("[data-testid=mic-toggle]")
    for seat in (colleague, remote):
        await seat.sees(2, "audio")

    await colleague.reload()
    assert await colleague.sees(2, "video", seconds=30) <= 5
    await host.sees(2, "video")
    await remote.sees(2, "video")

    await host.click("[data-testid=people-tab]")
    await host.click(f"[data-testid=remove-{people[REMOTE]}]")
    await _confirm(host)
    assert await remote.sees(0, "video", seconds=15) <= 5
    await remote.wait_for("[data-testid=room-ended]")
    await host.sees(1, "video")
    await colleague.sees(1, "video")


async def _confirm(seat: Seat) -> None:
    await seat.wait_for("dialog[open]")
    await seat.evaluate("[...document.querySelectorAll('dialog[open] button')].at(-1).click()")


async def _has_messages(seat: Seat, count: int) -> bool:
    return len(await seat.texts("[data-testid=chat-message]")) == count


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
