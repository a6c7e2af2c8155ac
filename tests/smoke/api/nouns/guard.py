"""The guard: requesters ask, radiologists of the rota answer; strangers see none.

`host` asks and `colleague`, a demo radiologist, answers; one request for each route that moves it.
"""

from __future__ import annotations

from typing import Any

from tests.smoke.api.case import Body, Case, account, nothing
from tests.smoke.api.world import PEOPLE, World

PEOPLE.update({"relief": "radiologist2"})
_OUTSIDE = {"stranger": 404, "admin": 404, "observer": 404, "integrator": 404}
_MOVES = (
    "accept",
    "open",
    "release",
    "refer",
    "ask",
    "justify",
    "exam-done",
    "cancel",
    "acknowledge",
)


def asker(name: str, body: Body = nothing) -> Case:
    """Who asked."""
    return Case("host", _OUTSIDE | {"colleague": 403}, body, path={"id": f"ids:guard-{name}"})


def answerer(name: str, body: Body = nothing) -> Case:
    """A radiologist of the rota, or who accepted."""
    return Case("colleague", _OUTSIDE | {"host": 403}, body, path={"id": f"ids:guard-{name}"})


def administrator(body: Body = nothing, **path: str) -> Case:
    """Administrators only."""
    return Case("admin", {"host": 403, "colleague": 403}, body, path=path)


def handover(who: str, name: str, body: Body = nothing) -> Case:
    """One of the two whom a hand-over concerns; the other may not do this."""
    other = "relief" if who == "colleague" else "colleague"
    wrong = {"host": 403, "stranger": 403, "admin": 403, other: 403}
    return Case(who, wrong, body, path={"id": f"ids:handover-{name}"})


def question(world: World) -> dict[str, Any]:
    """A new request."""
    return {
        "service": world.ids["guard-service"],
        "priority": "emergency",
        "patient": {"name": "Mario Rossi", "birth_date": "1961-04-02", "identifier": "RSSMRA61"},
        "question": "Intracranial bleeding?",
        "call_back": "+44 20 7946 0100",
        "wants_call": False,
    }


def service(world: World) -> dict[str, Any]:
    """A new service."""
    return {
        "organisation": world.ids["organisation"],
        "name": "MR emergency",
        "modality": "MR",
        "phone": "+44 20 7946 0113",
        "steps": [{"rota": world.ids["guard-rota"], "delay_s": 60}],
    }


def reason(_world: World) -> dict[str, Any]:
    """Why."""
    return {"reason": "Another emergency."}


CASES = {
    ("GET", "guard/services"): Case(),
    ("POST", "guard/services"): administrator(service),
    ("PATCH", "guard/services/{id}"): administrator(
        lambda _: {"report_minutes": 45}, id="ids:guard-service"
    ),
    ("DELETE", "guard/services/{id}"): administrator(id="ids:guard-retired"),
    ("POST", "guard/requests"): Case("host", {"admin": 403}, question),
    ("GET", "guard/requests"): account(),
    ("GET", "guard/requests/{id}"): Case("host", _OUTSIDE, path={"id": "ids:guard-ask"}),
    ("POST", "guard/requests/{id}/accept"): answerer("accept"),
    ("POST", "guard/requests/{id}/open"): answerer("open"),
    ("POST", "guard/requests/{id}/release"): answerer("release", reason),
    ("POST", "guard/requests/{id}/refer"): answerer(
        "refer", lambda world: {"person": world.ids["guard-second"]}
    ),
    ("POST", "guard/requests/{id}/ask"): answerer("ask", lambda _: {"text": "Since when?"}),
    ("POST", "guard/requests/{id}/justify"): answerer(
        "justify", lambda _: {"verdict": "justified", "text": "Without contrast."}
    ),
    ("POST", "guard/requests/{id}/exam-done"): Case(
        "host", _OUTSIDE | {"relief": 403}, path={"id": "ids:guard-exam-done"}
    ),
    ("POST", "guard/requests/{id}/cancel"): asker("cancel", reason),
    ("POST", "guard/requests/{id}/acknowledge"): asker("acknowledge"),
    ("GET", "guard/alerts"): account(),
    ("GET", "guard/handovers"): Case("colleague", {"host": 403, "stranger": 403, "admin": 403}),
    ("POST", "guard/handovers"): Case(
        "colleague",
        {"host": 403, "stranger": 403, "admin": 403},
        lambda world: {"rota": world.ids["duty-offer"], "to": world.users["relief"]},
    ),
    ("POST", "guard/handovers/{id}/withdraw"): handover("colleague", "withdraw"),
    ("POST", "guard/handovers/{id}/accept"): handover("relief", "accept"),
    ("POST", "guard/handovers/{id}/refuse"): handover("relief", "refuse", reason),
}


async def furnish(world: World) -> None:
    """One request per move, those of the answerer accepted, one reported."""
    services = (await world.does("host", "GET", "guard/services"))["items"]
    world.ids["guard-service"] = services[0]["id"]
    world.ids["guard-rota"] = services[0]["steps"][0]["rota"]
    retired = service(world) | {"name": "MR by day"}
    made = await world.does("admin", "POST", "guard/services", retired)
    world.ids["guard-retired"] = made["id"]
    world.tokens["relief"] = await world.sign_in("relief")
    world.ids["guard-second"] = world.users["relief"]
    for name in _MOVES:
        asked = question(world) | {"justify_first": name in ("justify", "exam-done")}
        made = await world.does("host", "POST", "guard/requests", asked)
        one = world.ids[f"guard-{name}"] = made["id"]
        if name in ("accept", "cancel"):
            continue
        accepted = await world.does("colleague", "POST", f"guard/requests/{one}/accept")
        if name == "exam-done":
            verdict = {"verdict": "justified", "text": ""}
            await world.does("colleague", "POST", f"guard/requests/{one}/justify", verdict)
        if name == "acknowledge":
            report = f"reports/{accepted['report']}"
            words = {"version": 0, "findings": "None.", "conclusion": "Normal."}
            await world.does("colleague", "PUT", report, words)
            signature = {"version": 1, "attestation": "PACS 7.2"}
            await world.does("colleague", "POST", f"{report}/sign", signature)
    await _hand_over(world)


async def _hand_over(world: World) -> None:
    """A guard of the answerer's own for each move, offered to the second radiologist."""
    members = [world.users["colleague"]]
    rotation = {"anchor": "2026-01-05", "hour": 8, "period_days": 7, "members": members}
    for name in ("offer", "withdraw", "accept", "refuse"):
        rota = await world.does(
            "admin",
            "POST",
            "rotas",
            {
                "organisation": world.ids["organisation"],
                "name": f"Guard to {name}",
                "role": "radiologist",
                "layers": [{"rotation": rotation}],
            },
        )
        world.ids[f"duty-{name}"] = rota["id"]
        if name != "offer":
            offer = {"rota": rota["id"], "to": world.users["relief"]}
            made = await world.does("colleague", "POST", "guard/handovers", offer)
            world.ids[f"handover-{name}"] = made["id"]
