"""Boards: physicians and secretaries call them, those who sit see them, organisers run them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.smoke.api.case import Body, Case, nothing
from tests.smoke.api.world import World

STRANGERS = {"stranger": 404, "admin": 404}
ORGANISERS = STRANGERS | {"observer": 403}
SHEET = {"version": 0, "proposal": "Surgery", "guideline": "inside"}


def seated(body: Body = nothing, **path: str) -> Case:
    """Whoever sits on the board."""
    return Case(wrong=STRANGERS, body=body, path={"id": "ids:board"} | path)


def organiser(body: Body = nothing, **path: str) -> Case:
    """The coordinator, or who called the meeting."""
    return Case(wrong=ORGANISERS, body=body, path={"id": "ids:board"} | path)


def patient(number: int) -> dict[str, Any]:
    """A patient by two identifiers."""
    return {"name": "Mario Rossi", "birth_date": "1950-02-03", "identifier": f"BOARD{number}"}


def case(world: World, number: int) -> dict[str, Any]:
    """A case that the host presents."""
    return {
        "patient": patient(number),
        "question": "Surgery?",
        "presenter": world.users["host"],
        "informed_on": "2026-01-02",
    }


def meeting(world: World) -> dict[str, Any]:
    """A meeting of the host and the observer."""
    return {
        "title": "Thoracic board",
        "starts_at": (world.clock.now() + timedelta(hours=1)).isoformat(),
        "coordinator": world.users["host"],
        "participants": [
            {"person": world.users["host"], "specialty": "medical_oncology"},
            {"person": world.users["observer"], "specialty": "nursing"},
        ],
    }


_CASE = "boards/{id}/cases/{case}"
CASES: dict[tuple[str, str], Case] = {
    ("GET", "boards"): Case(),
    ("POST", "boards"): Case(wrong={"stranger": 403, "admin": 403, "observer": 403}, body=meeting),
    ("GET", "boards/statistics"): Case(wrong={"stranger": 403, "observer": 403}),
    ("GET", "boards/statistics.csv"): Case(wrong={"stranger": 403, "observer": 403}),
    ("GET", "boards/{id}"): seated(),
    ("PATCH", "boards/{id}"): organiser(lambda _: {"title": "Moved"}),
    ("POST", "boards/{id}/cases"): seated(lambda world: case(world, 9)),
    ("PATCH", _CASE): organiser(lambda _: {"informed_on": "2026-01-03"}, case="ids:board_case"),
    ("PUT", _CASE + "/sheet"): organiser(lambda _: SHEET, case="ids:open_case"),
    ("POST", _CASE + "/close"): organiser(
        lambda _: {"version": 1, "decided": True}, case="ids:open_case"
    ),
    ("POST", _CASE + "/sign"): organiser(lambda _: {"version": 1}, case="ids:open_case"),
    ("GET", _CASE + "/pdf"): seated(case="ids:open_case"),
    ("POST", _CASE + "/represent"): organiser(
        lambda world: {"board": world.ids["next_board"]}, case="ids:open_case"
    ),
    ("DELETE", _CASE): organiser(case="ids:board_case"),
    ("POST", _CASE + "/open"): organiser(case="ids:other_case"),
}


async def furnish(world: World) -> None:
    """A board with an open case and two that wait, and the next board."""
    ids = world.ids
    board = await world.does("host", "POST", "boards", meeting(world))
    ids["board"] = board["id"]
    ids["next_board"] = (await world.does("host", "POST", "boards", meeting(world)))["id"]
    path = f"boards/{board['id']}/cases"
    for number, name in enumerate(("open_case", "board_case", "other_case")):
        after = await world.does("host", "POST", path, case(world, number))
        ids[name] = after["cases"][-1]["id"]
    await world.does("host", "POST", f"{path}/{ids['open_case']}/open")
