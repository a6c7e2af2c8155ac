"""Follow-up in the browser: overdue, rebooked, the GP's visit, handed over, counted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from tests.e2e.conftest import OpenChromium
from tests.e2e.looking import look
from tests.e2e.product import Product
from tests.e2e.seat import ChromiumSeat

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MANAGER, TERRITORY, GP = "casemanager", "casemanager2", "gp"


@dataclass
class Ward:
    """The network, and who is signed in to its API."""

    network: Product
    tokens: dict[str, str]

    def ask(self, who: str, method: str, path: str, body: Any = None) -> Any:
        """A request that must succeed."""
        status, answer = self.network.ask(method, f"/api/v1/{path}", body, self.tokens[who])
        assert status < 300, (who, path, answer)
        return answer

    def person(self, who: str) -> str:
        """A demo person's id."""
        return str(self.ask(who, "GET", "me")["id"])


def step(title: str, days: int, performer: str = "hospital") -> dict[str, Any]:
    specialty = {"specialty": "Oncologia"} if performer == "hospital" else {}
    offset = {"count": days, "unit": "days"}
    named = {"title": title, "mode": "in_person", "performer": performer, "offset": offset}
    return named | {"early_days": 6, "late_days": 6} | specialty


def noon(day: date) -> str:
    return datetime.combine(day, time(12), UTC).isoformat()


def open_late(ward: Ward, form: str) -> dict[str, Any]:
    """A patient discharged sixty days ago: held, overdue, the GP's next week, and one later."""
    steps = [step("Prima visita", 20), step("Seconda visita", 40), step("Medico", 65, "gp")]
    plan = {"name": f"Follow-up {form}", "steps": [*steps, step("Terza visita", 90)]}
    template = ward.ask(MANAGER, "POST", "pathway-templates", plan)
    discharged = datetime.now(UTC).date() - timedelta(days=60)
    opened: dict[str, Any] = ward.ask(
        MANAGER,
        "POST",
        "pathways",
        {
            "patient": {
                "name": f"Piera {form.title()}",
                "birth_date": "1958-02-03",
                "identifier": f"FOLLOWUP-{form}",
            },
            "template": template["id"],
            "discharged_on": discharged.isoformat(),
            "gp": ward.person(GP),
        },
    )
    held = {"held_on": (discharged + timedelta(days=21)).isoformat()}
    path = f"pathways/{opened['id']}/visits"
    ward.ask(MANAGER, "POST", f"{path}/{opened['visits'][0]['id']}/done", held)
    third = {"at": noon(discharged + timedelta(days=88))}
    ward.ask(MANAGER, "POST", f"{path}/{opened['visits'][3]['id']}/book", third)
    return opened


SignIn = Callable[[str], Awaitable[ChromiumSeat]]


@pytest.fixture
def ward(network: Product) -> Ward:
    """The network with everybody signed in."""
    people = (MANAGER, TERRITORY, GP)
    return Ward(network, {who: network.sign_in(f"{who}@demo.example") for who in people})


@pytest.mark.parametrize(
    ("phone", "locale"),
    [pytest.param(True, "it", id="phone"), pytest.param(False, "fr", id="desktop")],
)
async def test_follow_up(ward: Ward, open_chromium: OpenChromium, phone: bool, locale: str) -> None:
    async def sits(who: str) -> ChromiumSeat:
        ward.ask(who, "PATCH", "me", {"locale": locale})
        seat = await open_chromium(who, locale=locale, phone=phone)
        email = f"{who}@demo.example"
        await seat.sign_in(ward.network.url, email, ward.network.logins()[email])
        return seat

    url = ward.network.url
    pathway = open_late(ward, "phone" if phone else "desktop")
    _, late, gp_visit, _ = (one["id"] for one in pathway["visits"])

    # The case manager is told at home, and finds what is overdue first.
    manager = await sits(MANAGER)
    await manager.wait_for(
        f'[data-testid="task-pathways.overdue"][href="/pathways/{pathway["id"]}"]'
    )
    await manager.open(f"{url}/pathways")
    await manager.wait_for(f'[data-testid=list-overdue] [data-testid="book-{late}"]')
    await manager.wait_for(f'[data-testid="pathway-{pathway["code"]}"]')
    await look(manager, "pathways")

    # Rebooked: one click on the line, a reason, one on the confirmation.
    await manager.click(f'[data-testid=list-overdue] [data-testid="book-{late}"]')
    await manager.wait_for("[data-testid=visit-reason]")
    await look(manager, "pathway-book")
    await manager.write("[data-testid=visit-reason]", "Ricovero altrove")
    await manager.click("[data-testid=visit-book-confirm]")
    await manager.wait_without(f'[data-testid=list-overdue] [data-testid="book-{late}"]')

    # The GP takes the own visit over and books it.
    gp = await sits(GP)
    await gp.click(f'[data-testid="task-pathways.visit"][href="/pathways/{pathway["id"]}"]')
    await gp.click(f'[data-testid="take-{gp_visit}"]')
    await gp.wait_without(f'[data-testid="take-{gp_visit}"]')
    await gp.click(f'[data-testid="book-{gp_visit}"]')
    await gp.click("[data-testid=visit-book-confirm]")
    await gp.wait_for(f'[data-testid="visit-{gp_visit}"][data-state=booked]')
    await gp.open(f"{url}/pathways")
    await gp.wait_for("[data-testid=list-gp]")
    await look(gp, "pathways-gp")

    # Hand-over: offered with a summary, acknowledged by the territory.
    await manager.open(f"{url}/pathways/{pathway['id']}")
    await manager.wait_for(f'[data-testid="visit-{late}"][data-state=booked]')
    await look(manager, "pathway")
    await manager.click("[data-testid=handover-offer]")
    await manager.wait_for("[data-testid=handover-summary]")
    await manager.wait_for("select[name=organisation] option")
    await manager.write("[data-testid=handover-summary]", "Stabile, vive da sola.")
    await look(manager, "pathway-handover")
    await manager.click("[data-testid=handover-confirm]")
    await manager.wait_without("[data-testid=handover-summary]")

    territory = await sits(TERRITORY)
    await territory.click(
        f'[data-testid="task-pathways.handover"][href="/pathways/{pathway["id"]}"]'
    )
    await territory.click("[data-testid=handover-acknowledge]")
    await territory.wait_without("[data-testid=handover-acknowledge]")
    seen = ward.ask(TERRITORY, "GET", f"pathways/{pathway['id']}")
    assert seen["responsible"] == seen["handover"]["target"]

    # The room has the case beside the chat; the figures have a plot and a file.
    await territory.click("[data-testid=pathway-room]")
    await territory.click("[data-testid=join-chat]")
    await territory.wait_for("[data-testid=case-tab]")
    await territory.wait_for(f'[data-testid="visit-{late}"]')
    await look(territory, "pathway-room")
    await manager.open(f"{url}/pathways/figures")
    await manager.wait_for("[data-testid=plot][data-drawn=true]")
    await look(manager, "pathway-figures")
    async with manager.page.expect_download() as saved:
        await manager.click("[data-testid=figures-csv]")
    text = (await (await saved.value).path()).read_text()
    assert text.startswith("month,hospital,due,on_time")
    await manager.open(f"{url}/pathways/templates")
    await manager.wait_for("main h2")
    await look(manager, "pathway-templates")
