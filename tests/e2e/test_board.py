"""A board of three doctors: two cases decided with a quorum, one presented again, figures drawn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.conftest import OpenChromium
from tests.e2e.looking import look
from tests.e2e.product import Product
from tests.e2e.seat import ChromiumSeat

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OLGA, RITA, ROSA = (
    f"{login}@demo.example" for login in ("oncologist", "radiologist", "radiotherapist")
)
SPECIALTIES = {OLGA: "medical_oncology", RITA: "radiology", ROSA: "radiation_oncology"}


class Meeting:
    """What the scenario prepares through the API."""

    def __init__(self, network: Product, locale: str) -> None:
        self.network = network
        self.tokens = {email: network.sign_in(email) for email in SPECIALTIES}
        self.people = {
            email: self.ask(email, "PATCH", "me", {"locale": locale})["id"] for email in SPECIALTIES
        }

    def ask(self, email: str, method: str, path: str, body: Any = None) -> Any:
        status, answer = self.network.ask(method, f"/api/v1/{path}", body, self.tokens[email])
        assert status < 300, (method, path, status, answer)
        return answer

    def board(self, title: str, days: int) -> Any:
        """A meeting of the three."""
        chairs = [
            {"person": self.people[email], "specialty": specialty}
            for email, specialty in SPECIALTIES.items()
        ]
        starts_at = datetime.now(UTC) + timedelta(days=days, minutes=5)
        body = {
            "title": title,
            "starts_at": starts_at.isoformat(),
            "coordinator": self.people[OLGA],
            "participants": chairs,
        }
        return self.ask(OLGA, "POST", "boards", body)

    def case(self, board: str, name: str) -> None:
        """A case whose patient is informed."""
        body = {
            "patient": {"name": name, "birth_date": "1948-05-06", "identifier": name},
            "question": "Chirurgia o chemioterapia?",
            "presenter": self.people[RITA],
            "informed_on": datetime.now(UTC).date().isoformat(),
        }
        self.ask(RITA, "POST", f"boards/{board}/cases", body)


@pytest.mark.parametrize(
    ("phone", "locale"),
    [pytest.param(False, "fr", id="desktop"), pytest.param(True, "it", id="phone")],
)
async def test_three_doctors_hold_a_board(
    network: Product, open_chromium: OpenChromium, phone: bool, locale: str
) -> None:
    meeting = Meeting(network, locale)
    board = meeting.board("Torace", 0)
    later = meeting.board("Torace, prossima", 7)
    path = f"{network.url}/boards/{board['id']}"
    form = "phone" if phone else "desktop"
    meeting.case(board["id"], f"Demo Paziente Uno {form}")
    meeting.case(board["id"], f"Demo Paziente Due {form}")

    olga = await open_chromium("olga", locale=locale, phone=phone)
    rita = await open_chromium("rita", locale=locale)
    rosa = await open_chromium("rosa", locale=locale)
    passwords = network.logins()
    for seat, email in ((olga, OLGA), (rita, RITA), (rosa, ROSA)):
        await seat.sign_in(network.url, email, passwords[email])
    await olga.wait_for("[data-testid='task-boards.join']")

    await a_form_calls_a_board(olga, network)
    await a_form_adds_a_case(olga, path, f"Demo Paziente Tre {form}")
    await look(olga, "board")

    for seat in (rita, rosa, olga):
        await enters(seat, network, board["room"])
    await olga.wait_for("[data-testid=board-panel] [data-testid=case-line]")

    await opens(olga, quorum=True)
    await rita.wait_for("[data-testid=open-case]", 60)
    await olga.write("[data-testid=proposal]", "Chemioterapia, poi chirurgia")
    await rita.until(lambda: says(rita, "Chemioterapia"), "somebody else's words", 60)
    await look(olga, "board-case")
    await look(rosa, "board-reader")
    await decides(olga, inside=True)

    await opens(olga, quorum=True)
    await olga.write("[data-testid=proposal]", "Solo radioterapia")
    await decides(olga, inside=False)

    await opens(olga, quorum=True)
    await rosa.click("[data-testid=leave-call]")
    await olga.wait_for("[data-testid=quorum][data-met=false]", 60)
    await olga.write("[data-testid=proposal]", "Chirurgia")
    await decides(olga, inside=True)

    await olga.open(path)
    await she_signs_and_carries(olga, meeting, later["id"], f"Demo Paziente Tre {form}")


async def she_signs_and_carries(
    olga: ChromiumSeat, meeting: Meeting, later: str, name: str
) -> None:
    """Two signatures, a case for the next board, its paper, and the figures."""
    network = meeting.network
    await olga.wait_for("[data-testid=sign]")
    await look(olga, "board-decided")
    for left in (1, 0):
        await olga.click("[data-testid=sign]")
        await confirms(olga)
        await olga.until(lambda left=left: counts(olga, "sign", left), f"{left} to sign")
    await olga.click("[data-testid=represent]")
    await olga.page.select_option("select[name=meeting]", later)
    await olga.click("[data-testid=represent-confirm]")
    await olga.wait_for("[data-testid=case-line][data-state=represented]")
    again = meeting.ask(ROSA, "GET", f"boards/{later}")["cases"]
    assert [case["patient"]["name"] for case in again] == [name]
    async with olga.page.expect_download() as downloading:
        await olga.click("[data-testid=pdf]")
    assert (await downloading.value).suggested_filename.endswith(".pdf")

    await olga.open(f"{network.url}/boards/statistics")
    await olga.wait_for("[data-testid=plot][data-drawn=true] canvas")
    await look(olga, "board-statistics")
    drawn = "const one = document.querySelector('[data-testid=plot] canvas');" + PAINTED
    assert await olga.evaluate(drawn) > 100
    async with olga.page.expect_download() as downloading:
        await olga.click("[data-testid=csv]")
    assert (await downloading.value).suggested_filename == "boards.csv"


PAINTED = """
    const all = one.getContext('2d').getImageData(0, 0, one.width, one.height).data;
    let painted = 0;
    for (let at = 3; at < all.length; at += 4) painted += all[at] > 0;
    return painted;
"""


async def a_form_calls_a_board(seat: ChromiumSeat, network: Product) -> None:
    """From the list of boards, with a colleague who is found by name."""
    await seat.open(f"{network.url}/boards")
    await seat.wait_for("[data-testid=board-line]")
    await look(seat, "boards")
    await seat.click("[data-testid=new-board]")
    await seat.write("dialog[open] input[name=title]", "Addome")
    await seat.write("dialog[open] [role=combobox]", "Radiologi")
    await seat.click("dialog[open] [role=option]")
    await seat.wait_for("dialog[open] select[name=coordinator]")
    await look(seat, "board-new")
    await seat.click("[data-testid=create-board]")
    await seat.wait_for("[data-testid=add-case]")


async def a_form_adds_a_case(seat: ChromiumSeat, path: str, name: str) -> None:
    """On the board's page."""
    await seat.open(path)
    await seat.wait_for("[data-testid=case-line]")
    await seat.click("[data-testid=add-case]")
    await seat.write("input[name=name]", name)
    await seat.write("input[name=birth_date]", "1951-09-10")
    await seat.write("input[name=identifier]", name)
    await seat.write("textarea[name=question]", "Radioterapia?")
    await seat.click("input[name=informed]")
    await look(seat, "board-case-new")
    await seat.click("[data-testid=add-case-confirm]")
    await seat.until(lambda: counts(seat, "case-line", 3), "three cases")


async def enters(seat: ChromiumSeat, network: Product, room: str) -> None:
    """Into the call, with the board beside it."""
    await seat.open(f"{network.url}/rooms/{room}")
    await seat.wait_for("[data-testid=join-call]")
    if seat.name != "olga":  # one picture is enough: three browsers share two cores
        await seat.click("[data-testid=camera-toggle]")
    await seat.click("[data-testid=join-call]")
    await seat.wait_for("[data-testid=leave-call]", 60)
    if seat.form == "phone":
        await seat.click("[data-testid=chat-toggle]")
    await seat.click("[data-testid=case-tab]")
    await seat.wait_for("[data-testid=board-panel]")


async def opens(seat: ChromiumSeat, *, quorum: bool) -> None:
    """Open the next case, and see whether the quorum is there."""
    await seat.click("[data-testid=open]")
    met = str(quorum).lower()
    await seat.wait_for(f"[data-testid=open-case] [data-testid=quorum][data-met={met}]", 60)


async def decides(seat: ChromiumSeat, *, inside: bool) -> None:
    """Say whether the guidelines are followed, and close."""
    value = "inside" if inside else "outside"
    await seat.page.locator(f"label:has(input[value={value}])").click()
    if not inside:
        await seat.write("[data-testid=reason]", "Paziente fragile")
    await seat.click("[data-testid=decide]")
    await seat.wait_without("[data-testid=open-case]")


async def confirms(seat: ChromiumSeat) -> None:
    """The last button of the dialog."""
    await seat.wait_for("dialog[open]")
    await seat.evaluate("[...document.querySelectorAll('dialog[open] button')].at(-1).click()")


async def says(seat: ChromiumSeat, text: str) -> bool:
    """Whether the sheet or its editor shows it."""
    shown = await seat.evaluate(
        """const one = document.querySelector('[data-testid=sheet-proposal], '
            + '[data-testid=proposal]');
        return one ? one.value ?? one.innerText : '';"""
    )
    return text in str(shown)


async def counts(seat: ChromiumSeat, testid: str, count: int) -> bool:
    """Whether the page shows so many."""
    return len(await seat.texts(f"[data-testid={testid}]")) == count
