"""Televisits: each step is the clinician's own; strangers and administrators see none.

`host` sees the patients; `colleague` sits in the rooms of the visits and may look.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.smoke.api.case import Case, account
from tests.smoke.api.world import World

_OUTSIDE = {"stranger": 404, "admin": 404, "observer": 404}
_CHECKED = {"identifiers_checked": True}
_AGREED = {"given": True, "by": "patient", "how": "spoken"}


def clinician(name: str, body: dict[str, Any] | None = None) -> Case:
    """Whose visit it is; colleagues in its room may only look."""
    places = {"id": f"ids:televisit-{name}"}
    return Case("host", _OUTSIDE | {"colleague": 403}, lambda _: body or {}, path=places)


def visit(world: World) -> dict[str, Any]:
    """A visit now."""
    return {
        "patient": {"name": "Mario Rossi", "birth_date": "1961-04-02", "identifier": "TELE1"},
        "starts_at": world.clock.now().isoformat(),
        "reason": "Follow-up",
    }


CASES: dict[tuple[str, str], Case] = {
    ("POST", "televisits"): Case("host", {"admin": 403, "integrator": 403}, visit),
    ("GET", "televisits"): account(),
    ("GET", "televisits/{id}"): Case("host", _OUTSIDE, path={"id": "ids:televisit-new"}),
    ("POST", "televisits/{id}/links"): clinician("new"),
    ("POST", "televisits/{id}/identify"): clinician("waiting", _CHECKED),
    ("POST", "televisits/{id}/consent"): clinician("known", _AGREED),
    ("POST", "televisits/{id}/begin"): clinician("agreed"),
    ("POST", "televisits/{id}/conclude"): clinician("begun"),
    ("POST", "televisits/{id}/cancel"): clinician("unwanted"),
    ("POST", "televisits/{id}/not-attended"): clinician("missed"),
}


async def furnish(world: World) -> None:
    """One televisit for each state that a route needs."""
    for name in ("new", "waiting", "known", "agreed", "begun", "unwanted", "missed"):
        body = visit(world) | {"starts_at": (world.clock.now() - timedelta(minutes=1)).isoformat()}
        made = await world.does("host", "POST", "televisits", body)
        one = world.ids[f"televisit-{name}"] = made["id"]
        seat = {"user": world.users["colleague"]}
        await world.does("host", "POST", f"rooms/{made['room']}/members", seat)
        if name in ("new", "unwanted", "missed"):
            continue
        link = (await world.does("host", "POST", f"televisits/{one}/links", {}))["link"]
        code = {"code": link.partition("#")[2]}
        status, _ = await world.ask("POST", "/api/v1/invitations/redeem", None, code)
        assert status == 200
        steps = {"waiting": 0, "known": 1, "agreed": 2, "begun": 3}[name]
        for verb, said in [("identify", _CHECKED), ("consent", _AGREED), ("begin", {})][:steps]:
            await world.does("host", "POST", f"televisits/{one}/{verb}", said)
