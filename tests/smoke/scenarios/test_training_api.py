"""The sandbox through the API: the same network, nothing shared, a colleague that answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from server.services.practice_partner import HEARS_AFTER, WRITES_AFTER
from tests.smoke.api.world import World
from tests.waiting import eventually


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World.start(tmp_path, training=True) as world:
        yield world


async def inside(
    world: World, method: str, path: str, token: str | None = None, body: Any = None
) -> tuple[int, Any]:
    """One request to the sandbox."""
    assert world.sandbox is not None
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with world.sandbox.request(
        method, f"/api/v1/{path}", json=body, headers=headers
    ) as answer:
        return answer.status, await answer.json() if answer.content_length else None


async def enter(world: World, who: str, role: str) -> str:
    """A person's access token in the sandbox."""
    made = await world.does(who, "POST", "training/passes", {"role": role})
    status, session = await inside(world, "POST", "training/redeem", None, {"code": made["code"]})
    assert status == 200, session
    return str(session["access_token"])


async def test_practice_from_coming_in_to_beginning_anew(world: World) -> None:
    before = await world.does("host", "GET", "rooms")
    assert (await world.ask("GET", "/api/v1/about", None))[1]["training_offered"]
    assert (await inside(world, "GET", "about"))[1]["training"]
    token = await enter(world, "host", "nurse")
    _, me = await inside(world, "GET", "me", token)
    assert me["name"] == "Demo Olga Oncologi"
    assert [held["role"] for held in me["roles"]] == ["nurse"]
    _, people = await inside(world, "GET", "people?q=Rita", token)
    [rita] = people["items"]
    body = {"title": "Prova", "members": [{"user": rita["id"], "role": "member"}]}
    _, room = await inside(world, "POST", "rooms", token, body)
    path = f"rooms/{room['id']}"
    said = {"client_id": "c", "text": "Ci sei?"}
    await inside(world, "POST", f"{path}/messages", token, said)

    async def answered() -> bool:
        _, found = await inside(world, "GET", f"{path}/snapshot", token)
        return [one["sender"]["name"] for one in found["messages"]][1:] == [rita["name"]]

    await eventually(answered, 15)
    assert await world.does("host", "GET", "rooms") == before
    status, _ = await inside(world, "POST", "training/reset", token)
    assert status == 204
    assert (await inside(world, "GET", path, token))[0] == 404
    assert (await inside(world, "GET", "me", token))[0] == 200


async def test_a_guard_request_is_accepted_and_reported_by_the_scripted_radiologist(
    world: World,
) -> None:
    token = await enter(world, "observer", "nurse")
    _, services = await inside(world, "GET", "guard/services", token)
    body = {
        "service": services["items"][0]["id"],
        "priority": "urgent",
        "patient": {"name": "Prova", "birth_date": "1950-02-01", "identifier": "PROVA1"},
        "question": "Frattura?",
        "call_back": "0000",
        "wants_call": False,
    }
    status, request = await inside(world, "POST", "guard/requests", token, body)
    assert status == 201, request
    path = f"guard/requests/{request['id']}"

    async def is_in(state: str) -> bool:
        _, found = await inside(world, "GET", path, token)
        return bool(found["state"] == state)

    world.clock.shift += HEARS_AFTER
    await eventually(lambda: is_in("accepted"), 15)
    world.clock.shift += WRITES_AFTER
    await eventually(lambda: is_in("reported"), 15)
    mine = await world.does("observer", "GET", "guard/requests?mine=true")
    assert mine["items"] == []


async def test_a_token_of_one_realm_is_nothing_in_the_other(world: World) -> None:
    token = await enter(world, "host", "specialist")
    assert (await world.ask("GET", "/api/v1/me", token))[0] == 401
    assert (await inside(world, "GET", "me", world.tokens["host"]))[0] == 401


async def test_a_pass_is_good_once_soon_and_only_in_the_sandbox(world: World) -> None:
    made = await world.does("host", "POST", "training/passes", {"role": "nurse"})
    code = {"code": made["code"]}
    assert (await world.ask("POST", "/api/v1/training/redeem", None, code))[0] == 404
    assert (await inside(world, "POST", "training/redeem", None, code))[0] == 200
    assert (await inside(world, "POST", "training/redeem", None, code))[0] == 404
    late = await world.does("host", "POST", "training/passes", {"role": "nurse"})
    world.clock.shift = timedelta(minutes=3)
    assert (await inside(world, "POST", "training/redeem", None, {"code": late["code"]}))[0] == 404


async def test_nobody_practises_to_administer_and_nobody_signs_in_as_a_colleague(
    world: World,
) -> None:
    body = {"role": "administrator"}
    status, _ = await world.ask("POST", "/api/v1/training/passes", world.tokens["admin"], body)
    assert status == 422
    login = {"email": "radiologist@demo.example", "password": world.passwords["radiologist"]}
    assert (await inside(world, "POST", "auth/login", None, login))[0] in {401, 403}
