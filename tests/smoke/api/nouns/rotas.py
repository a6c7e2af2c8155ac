"""Rotas: everybody of the network reads them, administrators and their radiologists edit."""

from __future__ import annotations

from datetime import datetime, timedelta
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


def ask(world: World) -> dict[str, Any]:
    """Another radiologist, to take the hour that the colleague has."""
    return {"asked": world.ids["second radiologist"], "given": hour(world, 22)}


def roster(world: World) -> dict[str, Any]:
    """A night of the colleague, some days ahead."""
    night = hour(world, 99)
    line = f"{night['start']},{night['end']},radiologist@demo.example,"
    return {"format": "csv", "text": f"start,end,person,name\n{line}\n"}


def hour(world: World, ahead: int) -> dict[str, str]:
    """An hour on the matrix's day, some hours ahead."""
    start = datetime.fromisoformat(world.ids["matrix day"]) + timedelta(hours=ahead)
    return {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}


def answer(verb: str, who: str = "colleague") -> Case:
    """Whom the request names alone."""
    wrong = {"host": 403, "observer": 403, "stranger": 403, "admin": 403}
    return Case(who, wrong, path={"id": "ids:rota", "request": f"ids:request to {verb}"})


CASES: dict[tuple[str, str], Case] = {
    ("GET", "on-call"): account(),
    ("GET", "rotas"): account(),
    ("POST", "rotas"): editor(rota),
    ("GET", "rotas/{id}"): Case(path={"id": "ids:rota"}),
    ("GET", "rotas/{id}/shifts"): Case(path={"id": "ids:rota"}),
    ("PATCH", "rotas/{id}"): editor(lambda _: {"version": 1, "phone": "555"}, id="ids:rota"),
    ("GET", "rotas/{id}/roster.csv"): Case(path={"id": "ids:rota"}),
    ("GET", "rotas/{id}/roster.ics"): Case(path={"id": "ids:rota"}),
    ("POST", "rotas/{id}/roster"): editor(roster, id="ids:rota"),
    ("POST", "me/duty-feed"): account(),
    ("DELETE", "me/duty-feed"): account(),
    ("GET", "rotas/{id}/quality"): Case(path={"id": "ids:rota"}),
    ("GET", "rotas/{id}/requests"): Case(path={"id": "ids:rota"}),
    ("POST", "rotas/{id}/requests"): Case(
        "colleague", {"host": 409, "observer": 409}, ask, path={"id": "ids:rota"}
    ),
    ("POST", "rotas/{id}/requests/{request}/accept"): answer("accept"),
    ("POST", "rotas/{id}/requests/{request}/decline"): answer("decline"),
    ("POST", "rotas/{id}/requests/{request}/withdraw"): answer("withdraw", "colleague"),
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
    await _furnish_requests(world)


async def _furnish_requests(world: World) -> None:
    """One to accept, one to decline, one to withdraw, and an hour to ask for."""
    ids = world.ids
    ids["matrix day"] = (world.clock.now() + timedelta(hours=2)).isoformat()
    login = {"email": "radiologist2@demo.example", "password": world.passwords["radiologist2"]}
    _, session = await world.ask("POST", "/api/v1/auth/login", None, login)
    colleague, second = world.users["colleague"], str(session["user"]["id"])
    ids["second radiologist"] = second
    tokens = {colleague: world.tokens["colleague"], second: str(session["access_token"])}
    path = f"/api/v1/rotas/{ids['rota']}"
    for ahead, who, verb in (
        (10, second, "accept"),
        (12, second, "decline"),
        (14, colleague, "withdraw"),
        (22, colleague, ""),
    ):
        duty = hour(world, ahead) | {"member": who}
        await world.does("admin", "POST", f"rotas/{ids['rota']}/overrides", duty)
        if verb:
            asked = second if who == colleague else colleague
            body = {"asked": asked, "given": hour(world, ahead)}
            status, made = await world.ask("POST", f"{path}/requests", tokens[who], body)
            assert status == 201, made
            ids[f"request to {verb}"] = made["id"]
