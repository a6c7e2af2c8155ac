"""Threads: written by everybody but integrators, seen by whom they concern."""

from __future__ import annotations

from typing import Any

from tests.smoke.api.case import Body, Case, nothing
from tests.smoke.api.world import World

STRANGERS = {"stranger": 404, "admin": 404, "observer": 404}
SEQ = {"seq": 1}


def wanted(world: World, client_id: str = "matrix") -> dict[str, Any]:
    """A message to the rota of tests."""
    return {"rota": world.ids["rota"], "client_id": client_id, "text": "Anybody?"}


def concerned(body: Body = nothing, who: str = "host", **wrong: int) -> Case:
    """Who wrote, or holds the role."""
    return Case(who, STRANGERS | wrong, body, path={"id": "ids:thread"})


CASES: dict[tuple[str, str], Case] = {
    ("GET", "threads"): Case(),
    ("POST", "threads"): Case(wrong={"integrator": 403}, body=wanted),
    ("GET", "threads/{id}"): concerned(),
    ("POST", "threads/{id}/received"): concerned(lambda _: SEQ),
    ("POST", "threads/{id}/acknowledge"): concerned(lambda _: SEQ, "colleague", host=403),
    ("POST", "threads/{id}/escalate"): concerned(),
    ("POST", "threads/{id}/close"): concerned(),
}


async def furnish(world: World) -> None:
    """A thread with the radiologist who stands in on the rota of tests."""
    made = await world.does("host", "POST", "threads", wanted(world, "furnished"))
    world.ids["thread"] = made["id"]
