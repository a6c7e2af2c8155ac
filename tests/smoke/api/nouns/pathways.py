"""Follow-up: case managers open, book and steer; the GP visits; the territory acknowledges."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.smoke.api.case import Body, Case, account, nothing
from tests.smoke.api.world import PEOPLE, World

STEPS = [
    {
        "title": title,
        "offset": {"count": 30, "unit": "days"},
        "early_days": 5,
        "late_days": 5,
        "mode": "in_person",
        "performer": performer,
        **({"specialty": "Oncology"} if performer == "hospital" else {}),
    }
    for title, performer in (("First", "hospital"), ("Second", "hospital"), ("GP", "gp"))
]
TEMPLATE = {"name": "Matrix", "steps": STEPS}
PEOPLE.update({"manager": "casemanager", "territory": "casemanager2"})


def opening(world: World) -> dict[str, Any]:
    """A pathway with the stranger, who is a GP, as the patient's."""
    return {
        "patient": {"name": "Rosa", "birth_date": "1958-02-03", "identifier": "MATRIX-1"},
        "template": world.ids["template"],
        "discharged_on": _today(world).isoformat(),
        "gp": world.users["stranger"],
        "team": [world.users["observer"]],
    }


def booking(world: World) -> dict[str, Any]:
    """Inside the window of 25 to 35 days."""
    return {"at": (world.clock.now() + timedelta(days=30)).isoformat()}


def held(world: World) -> dict[str, Any]:
    """Today."""
    return {"held_on": _today(world).isoformat()}


def offer(world: World) -> dict[str, Any]:
    """To the territory."""
    return {"organisation": world.ids["community-house"], "summary": "Stable."}


async def furnish(world: World) -> None:
    """A template and a pathway that waits for the territory's answer."""
    _, known = await world.ask("GET", "/api/v1/organisations", None)
    ids = world.ids
    ids["community-house"] = next(one["id"] for one in known["items"] if one["kind"] == "territory")
    ids["template"] = (await world.does("manager", "POST", "pathway-templates", TEMPLATE))["id"]
    pathway = await world.does("manager", "POST", "pathways", opening(world))
    ids["pathway"] = pathway["id"]
    ids["visit"], ids["missed-visit"], ids["gp-visit"] = (one["id"] for one in pathway["visits"])
    await world.does("manager", "POST", f"pathways/{pathway['id']}/handover", offer(world))


def _today(world: World) -> Any:
    return world.clock.now().date()


def _manager(body: Body = nothing, **path: str) -> Case:
    wrong = {"host": 404, "admin": 404, "observer": 403, "stranger": 403, "territory": 403}
    return Case("manager", wrong, body, path={"id": "ids:pathway"} | path)


def _template(body: Body = nothing) -> Case:
    wrong = {"host": 403, "admin": 403, "stranger": 403}
    return Case("manager", wrong, body, path={"id": "ids:template"})


VISIT = "pathways/{id}/visits/{visit}"
CASES = {
    ("GET", "pathway-templates"): account(),
    ("POST", "pathway-templates"): _template(lambda _: TEMPLATE),
    ("PUT", "pathway-templates/{id}"): _template(lambda _: TEMPLATE),
    ("GET", "pathways"): account(),
    ("POST", "pathways"): Case("manager", {"host": 403, "admin": 403, "stranger": 403}, opening),
    ("GET", "pathways/{id}"): Case(
        "observer", {"host": 404, "admin": 404}, path={"id": "ids:pathway"}
    ),
    ("GET", "pathway-visits"): account(),
    ("POST", f"{VISIT}/book"): _manager(booking, visit="ids:visit"),
    ("POST", f"{VISIT}/take"): Case(
        "stranger",
        {"host": 404, "admin": 404, "observer": 403, "manager": 403},
        path={"id": "ids:pathway", "visit": "ids:gp-visit"},
    ),
    ("POST", f"{VISIT}/done"): Case(
        "observer",
        {"host": 404, "admin": 404, "stranger": 403, "territory": 403},
        held,
        path={"id": "ids:pathway", "visit": "ids:visit"},
    ),
    ("POST", f"{VISIT}/missed"): Case(
        "observer",
        {"host": 404, "admin": 404, "stranger": 403, "territory": 403},
        path={"id": "ids:pathway", "visit": "ids:missed-visit"},
    ),
    ("POST", "pathways/{id}/handover"): _manager(offer),
    ("POST", "pathways/{id}/handover/acknowledge"): Case(
        "territory",
        {"host": 404, "admin": 404, "observer": 403, "stranger": 403},
        path={"id": "ids:pathway"},
    ),
    ("POST", "pathways/{id}/close"): Case(
        "territory",
        {"host": 404, "admin": 404, "observer": 403, "stranger": 403},
        path={"id": "ids:pathway"},
    ),
    ("POST", "pathway-templates/{id}/retire"): _template(),
    ("GET", "pathway-figures"): Case("manager", {"host": 403, "stranger": 403}),
    ("GET", "pathway-figures/csv"): Case("admin", {"host": 403, "stranger": 403}),
}
