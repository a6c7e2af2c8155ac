"""Rotas: everybody of the network reads them, administrators and their radiologists edit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.smoke.api.case import Body, Case, account, nothing
from tests.smoke.api.world import World

ROTATION = {"anchor": "2026-01-05", "hour": 8, "period_days": 7, "members": []}


def rota(world: World) -> dict[str, Any]:
    """An empty rota of the organisation that everybody knows."""
    return {
        "organisation": world.ids["organisation"],
        "name": "A rota of tests",
        "role": "radiologist",
        "layers": [{"rotation": ROTATION}],
    }


def stand_in(world: World) -> dict[str, Any]:
    """A radiologist for an hour."""
    now = world.clock.now()
    return {
        "member": world.users["colleague"],
        "start": now.isoformat(),
        "end": (now + timedelta(hours=1)).isoformat(),
    }


def editor(body: Body = nothing, **path: str) -> Case:
    """Administrators."""
    return Case("admin", {"host": 403, "observer": 403, "stranger": 403}, body, path=path)


CASES: dict[tuple[str, str], Case] = {
    ("GET", "on-call"): account(),
    ("GET", "rotas"): account(),
    ("POST", "rotas"): editor(rota),
    ("GET", "rotas/{id}"): Case(path={"id": "ids:rota"}),
    ("GET", "rotas/{id}/shifts"): Case(path={"id": "ids:rota"}),
    ("PATCH", "rotas/{id}"): editor(lambda _: {"version": 1, "phone": "555"}, id="ids:rota"),
    ("POST", "rotas/{id}/overrides"): editor(stand_in, id="ids:rota"),
    ("DELETE", "rotas/{id}/overrides/{override}"): editor(id="ids:rota", override="ids:override"),
}


async def furnish(world: World) -> None:
    """An empty rota with a stand-in."""
    ids = world.ids
    made = await world.does("admin", "POST", "rotas", rota(world) | {"name": "Rota of the matrix"})
    ids["rota"] = made["id"]
    changed = await world.does("admin", "POST", f"rotas/{ids['rota']}/overrides", stand_in(world))
    ids["override"] = changed["overrides"][0]["id"]
