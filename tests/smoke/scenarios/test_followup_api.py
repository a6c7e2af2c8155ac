"""Follow-up through REST alone: template, discharge, visits, GP, overdue, rebooked, handed over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.smoke.api.world import PEOPLE, World
from tests.waiting import eventually

CAST = {"manager": "casemanager", "territory": "casemanager2", "clerk": "clerk"}
SPECIALTY = "Oncology"
PATIENT = {"name": "Rosa Prova", "birth_date": "1958-02-03", "identifier": "PRVRSO58B43F205X"}


def step(title: str, days: int, performer: str = "hospital") -> dict[str, Any]:
    specialty = {"specialty": SPECIALTY} if performer == "hospital" else {}
    offset = {"count": days, "unit": "days"}
    margins = {"early_days": 5, "late_days": 5}
    named = {"title": title, "mode": "in_person", "performer": performer}
    return named | {"offset": offset} | margins | specialty


def noon(day: date) -> str:
    return datetime.combine(day, time(12), UTC).isoformat()


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """The composed server; two case managers and a clerk besides the others."""
    for who, login in CAST.items():
        monkeypatch.setitem(PEOPLE, who, login)
    async with World.start(tmp_path) as world:
        yield world


async def until_overdue(world: World, pathway: str) -> dict[str, Any]:
    """The engine meets what is due; ask until it did."""
    seen: dict[str, Any] = {}

    async def is_overdue() -> bool:
        seen.update(await world.does("manager", "GET", f"pathways/{pathway}"))
        return bool(seen["visits_overdue"])

    await eventually(is_overdue)
    return seen


async def refused(world: World, who: str, path: str, body: Any = None) -> tuple[int, str]:
    """A request that must not succeed: its status and code."""
    status, problem = await world.ask("POST", f"/api/v1/{path}", world.tokens[who], body)
    assert status >= 400, (who, path)
    return status, problem["code"]


async def test_follow_up_from_discharge_to_the_territory(world: World) -> None:
    today = world.clock.now().date()
    discharged = today - timedelta(days=40)

    plan = [step("First check", 20), step("GP check", 45, "gp"), step("Second check", 60)]
    template = await world.does(
        "manager", "POST", "pathway-templates", {"name": "After surgery", "steps": plan}
    )
    gp = world.users["stranger"]
    wanted = {
        "patient": PATIENT,
        "template": template["id"],
        "discharged_on": discharged.isoformat(),
        "gp": gp,
        "team": [world.users["host"], world.users["clerk"]],
    }
    assert await refused(world, "host", "pathways", wanted) == (403, "forbidden")
    pathway = await world.does("manager", "POST", "pathways", wanted)
    path = f"pathways/{pathway['id']}"
    first, second, third = pathway["visits"]
    assert [one["last"] for one in (first, third)] == [
        (discharged + timedelta(days=25)).isoformat(),
        (discharged + timedelta(days=65)).isoformat(),
    ]
    other = wanted | {"patient": PATIENT | {"birth_date": "1958-02-04"}}
    assert await refused(world, "manager", "pathways", other) == (409, "patient-mismatch")

    # The first window is over: the case manager is told, and books it anew with a reason.
    late = await until_overdue(world, pathway["id"])
    assert late["visits"][0]["state"] == "overdue"
    tasks = (await world.does("manager", "GET", "me/tasks"))["items"]
    mine = [one for one in tasks if one["place"] == f"/{path}"]
    assert (mine[0]["kind"], mine[0]["urgency"]) == ("pathways.overdue", "now")
    waiting = await world.does("manager", "GET", "pathway-visits?waiting=overdue")
    assert first["id"] in [one["id"] for one in waiting["items"]]
    soon = {"at": noon(today + timedelta(days=2))}
    book = f"{path}/visits/{first['id']}/book"
    assert await refused(world, "manager", book, soon) == (409, "outside-window")
    soon["reason"] = "The patient was in hospital elsewhere"
    rebooked = await world.does("manager", "POST", book, soon)
    assert rebooked["visits"][0]["state"] == "booked"
    assert rebooked["visits_overdue"] == 0

    # The clerk of the team books the third inside its window; nobody else may.
    inside = {"at": noon(discharged + timedelta(days=58)), "place": "Room 4"}
    book = f"{path}/visits/{third['id']}/book"
    assert await refused(world, "territory", book, inside) == (404, "not-found")
    assert await refused(world, "host", book, inside) == (403, "forbidden")
    await world.does("clerk", "POST", book, inside)

    # The GP takes over the GP's visit, books it and holds it.
    tasks = (await world.does("stranger", "GET", "me/tasks"))["items"]
    assert ("pathways.visit", second["id"]) in [(one["kind"], one["subject"]) for one in tasks]
    visit = f"{path}/visits/{second['id']}"
    taken = await world.does("stranger", "POST", f"{visit}/take")
    assert taken["visits"][1]["taken_at"] is not None
    await world.does(
        "stranger", "POST", f"{visit}/book", {"at": noon(discharged + timedelta(days=44))}
    )
    world.clock.shift = timedelta(days=5)
    for who in (*CAST, "stranger"):
        world.tokens[who] = await world.sign_in(who)
    assert await refused(world, "stranger", f"{path}/visits/{third['id']}/missed") == (
        403,
        "forbidden",
    )
    held_on = (discharged + timedelta(days=44)).isoformat()
    held = await world.does("stranger", "POST", f"{visit}/done", {"held_on": held_on})
    assert held["visits"][1]["on_time"] is True

    # Responsibility stays where it is until the territory acknowledges.
    known = (await world.ask("GET", "/api/v1/organisations", None))[1]["items"]
    territory = next(one for one in known if one["kind"] == "territory")
    offer = {"organisation": territory["id"], "summary": "Stable; lives alone; next check booked."}
    offered = await world.does("manager", "POST", f"{path}/handover", offer)
    assert offered["responsible"] == pathway["hospital"]
    acknowledge = f"{path}/handover/acknowledge"
    assert (await refused(world, "manager", acknowledge))[0] == 403
    kinds = [one["kind"] for one in (await world.does("territory", "GET", "me/tasks"))["items"]]
    assert "pathways.handover" in kinds
    accepted = await world.does("territory", "POST", acknowledge)
    assert accepted["responsible"] == territory["id"]
    assert accepted["handover"]["acknowledged_by_name"] == "Demo Tina Territori"

    # Figures: one due and late in its month, or not held; the GP's is on time.
    figures = (await world.does("manager", "GET", "pathway-figures"))["items"]
    ours = [one for one in figures if one["hospital"] == pathway["hospital"]]
    assert sum(one["on_time"] for one in ours) >= 1
    assert sum(one["due"] for one in ours) >= 2
    sheet = await world.http.get(
        "/api/v1/pathway-figures/csv",
        headers={"Authorization": f"Bearer {world.tokens['manager']}"},
    )
    assert sheet.content_type == "text/csv"
    assert (await sheet.text()).startswith("month,hospital,due,on_time,late,not_held,")

    # The room's timeline tells it all, without the patient's name.
    room = pathway["room"]
    told = (await world.does("manager", "GET", f"rooms/{room}/events?after=0&limit=500"))["events"]
    types = [one["type"] for one in told if one["type"].startswith("pathway.")]
    assert types == [
        "pathway.opened",
        "pathway.visit_overdue",
        "pathway.visit_booked",
        "pathway.visit_booked",
        "pathway.visit_taken",
        "pathway.visit_booked",
        "pathway.visit_done",
        "pathway.handover_offered",
        "pathway.handover_acknowledged",
    ]
    assert "Rosa" not in str(told)
    closed = await world.does("territory", "POST", f"{path}/close")
    assert closed["state"] == "closed"
    assert closed["visits"][2]["state"] == "cancelled"
