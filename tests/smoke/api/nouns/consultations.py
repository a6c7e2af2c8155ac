"""Consultations: the requester's moves, the centre's, the consulted doctors'; strangers see none.

`host` is the demo centre's oncologist, its expert; `asker` the demo surgeon's colleague.
"""

from __future__ import annotations

from typing import Any

from tests.smoke.api.case import Case, account
from tests.smoke.api.world import PEOPLE, World

PEOPLE.update({"asker": "radiotherapist", "clerk": "clerk", "second": "pathologist"})

_OUTSIDE = {"stranger": 404, "admin": 404, "observer": 404}
_SIGNED = {"text": "Carbon ions.", "position": "eligible"}
_FINAL = {"text": "Carbon ions are offered.", "outcome": "eligible"}
_WEEK = {"first": "2199-01-07T09:00", "zone": "Europe/Rome", "minutes": 30}


def requester(body: dict[str, Any] | None = None, one: str = "open", **path: str) -> Case:
    """Whose case it is."""
    return _case("asker", {"host": 403}, body, one, **path)


def centre(body: dict[str, Any] | None = None, one: str = "asked") -> Case:
    """The centre's staff."""
    return _case("clerk", {"asker": 403}, body, one)


def doctor(body: dict[str, Any] | None = None, one: str = "held") -> Case:
    """Whose opinion is asked."""
    return _case("host", {"asker": 403, "clerk": 403}, body, one)


def viewer(one: str = "held") -> Case:
    """Whoever has to do with it."""
    return _case("asker", {}, None, one)


def _case(
    who: str, wrong: dict[str, int], body: dict[str, Any] | None, one: str, **path: str
) -> Case:
    places = {"id": f"ids:consultation-{one}"} | path
    return Case(who, _OUTSIDE | wrong, lambda _: body or {}, path=places)


def described(_world: World) -> dict[str, Any]:
    """A new case."""
    who = {"name": "Mario Rossi", "birth_date": "1961-04-02", "identifier": "RSSMRA61"}
    return {"patient": who, "diagnosis": "Chordoma", "question": "Carbon ions?"}


CASES = {
    ("GET", "slots"): account(),
    ("GET", "slots/experts"): account(),
    ("GET", "slots/agenda"): Case(wrong={"stranger": 403, "observer": 403, "asker": 403}),
    ("POST", "slots"): Case(
        wrong={"stranger": 403, "observer": 403, "asker": 403}, body=lambda _: _WEEK
    ),
    ("DELETE", "slots/{id}"): Case(
        wrong={"stranger": 404, "observer": 404, "asker": 404}, path={"id": "ids:slot-unwanted"}
    ),
    ("POST", "consultations"): Case(
        "asker", {"stranger": 403, "observer": 403, "admin": 403}, described
    ),
    ("GET", "consultations"): account(),
    ("GET", "consultations/{id}"): viewer(),
    ("GET", "rooms/{id}/consultation"): Case(
        "asker", _OUTSIDE, path={"id": "ids:consultation-room"}
    ),
    ("GET", "consultations/{id}/calendar"): viewer(),
    ("GET", "consultations/{id}/pdf"): viewer("written"),
    ("POST", "consultations/{id}/supplements"): requester({"text": "MRI of May."}, "held"),
    ("POST", "consultations/{id}/book"): Case(
        "asker",
        _OUTSIDE | {"second": 404},
        lambda world: {"slot": world.ids["slot-free"]},
        path={"id": "ids:consultation-open"},
    ),
    ("POST", "consultations/{id}/confirm"): centre(),
    ("POST", "consultations/{id}/decline"): centre({"reason": "No data."}, "declinable"),
    ("POST", "consultations/{id}/release"): requester(one="releasable"),
    ("POST", "consultations/{id}/doctors"): Case(
        "asker",
        _OUTSIDE | {"clerk": 403},
        lambda world: {"person": world.users["colleague"]},
        path={"id": "ids:consultation-held"},
    ),
    ("DELETE", "consultations/{id}/doctors/{person}"): _case(
        "asker", {"clerk": 403, "host": 403}, None, "held", person="users:second"
    ),
    ("PUT", "consultations/{id}/opinion"): doctor({"text": "Draft"}),
    ("POST", "consultations/{id}/opinion/sign"): doctor(_SIGNED),
    ("PUT", "consultations/{id}/synthesis"): requester({"text": "Draft"}, "held"),
    ("POST", "consultations/{id}/synthesis/finalise"): requester(_FINAL, "written"),
    ("POST", "consultations/{id}/cancel"): requester({"reason": "Healed."}, "releasable"),
}


async def furnish(world: World) -> None:
    """One consultation for each state that a route needs."""
    for who in ("asker", "clerk", "second"):
        world.tokens[who] = await world.sign_in(who)
    free = [one["id"] for one in (await world.does("asker", "GET", "slots"))["items"]]
    world.ids["slot-free"], world.ids["slot-unwanted"] = free[-1], free[-2]
    for number, name in enumerate(("open", "asked", "declinable", "releasable", "held", "written")):
        made = await world.does("asker", "POST", "consultations", described(world))
        one = world.ids[f"consultation-{name}"] = made["id"]
        world.ids["consultation-room"] = made["room"]
        if name != "open":
            body = {"slot": free[number]}
            await world.does("asker", "POST", f"consultations/{one}/book", body)
        if name in ("held", "written"):
            await world.does("clerk", "POST", f"consultations/{one}/confirm")
        if name == "held":
            body = {"person": world.users["second"]}
            await world.does("asker", "POST", f"consultations/{one}/doctors", body)
        if name == "written":
            await world.does("host", "POST", f"consultations/{one}/opinion/sign", _SIGNED)
