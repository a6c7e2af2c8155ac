"""A nurse writes to a role; it is acknowledged, escalated, and goes on with whoever is on duty."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import encode_basic_auth

from tests.smoke.api.world import PEOPLE, World
from tests.waiting import eventually

CAST = {"nurse": "nurse", "rita": "radiologist", "rocco": "radiologist2", "rhona": "radiologist3"}


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """The composed server with a nurse and three radiologists."""
    for who, login in CAST.items():
        monkeypatch.setitem(PEOPLE, who, login)
    async with World.start(tmp_path) as world:
        yield world


async def rota(world: World, name: str) -> Any:
    duties = await world.does("nurse", "GET", "on-call")
    return next(one for one in duties["items"] if one["name"] == name)


async def stand_in(world: World, rota_id: str, who: str, hours: int = 1) -> None:
    now = world.clock.now()
    body = {
        "member": world.users[who],
        "start": now.isoformat(),
        "end": (now + timedelta(hours=hours)).isoformat(),
    }
    await world.does("rita", "POST", f"rotas/{rota_id}/overrides", body)


async def refused(world: World, who: str, method: str, path: str, body: Any = None) -> int:
    return (await world.ask(method, f"/api/v1/{path}", world.tokens[who], body))[0]


async def test_role_chat(world: World) -> None:
    guard = await rota(world, "Radiologist on guard")
    await stand_in(world, guard["rota"], "rita")
    guard = await rota(world, "Radiologist on guard")
    assert guard["person"]["id"] == world.users["rita"]
    assert guard["until"] is not None

    # The nurse writes to the role, urgently; repeating the request changes nothing.
    words = {"rota": guard["rota"], "client_id": "first", "text": "Bed 4: read it?", "repeat_s": 5}
    thread = await world.does("nurse", "POST", "threads", words | {"urgent": True})
    again = await world.does("nurse", "POST", "threads", words | {"urgent": True})
    assert again["id"] == thread["id"]
    assert thread["holder"]["id"] == world.users["rita"]
    assert [one["received"] for one in thread["progress"]] == [False]
    path, seq = f"threads/{thread['id']}", thread["last"]["seq"]

    # Whoever holds the role is asked at once, everybody else sees nothing.
    tasks = await world.does("rita", "GET", "me/tasks")
    assert ("thread.acknowledge", "now") in {
        (one["kind"], one["urgency"]) for one in tasks["items"]
    }
    assert await refused(world, "rocco", "GET", path) == 404
    assert await refused(world, "nurse", "POST", f"{path}/acknowledge", {"seq": seq}) == 403

    # It is repeated until somebody has it; what reached and was read shows.
    await world.does("rita", "POST", f"{path}/received", {"seq": seq})
    seen = await world.does("nurse", "GET", path)
    assert [(one["received"], one["read"]) for one in seen["progress"]] == [(True, False)]
    world.clock.shift += timedelta(seconds=6)

    async def is_reminded() -> bool:
        found = await world.does("nurse", "GET", path)
        return bool(found["urgent"]["reminders"])

    await eventually(is_reminded)
    acknowledged = await world.does("rita", "POST", f"{path}/acknowledge", {"seq": seq})
    assert acknowledged["urgent"] is None
    assert acknowledged["acknowledged"]["by"]["id"] == world.users["rita"]
    assert (await world.does("rita", "GET", "me/tasks"))["items"] == []

    # Duty changes: the thread stays, its seat moves.
    await stand_in(world, guard["rota"], "rhona")

    async def is_moved() -> bool:
        found = await world.does("nurse", "GET", path)
        return bool(found["holder"]["id"] == world.users["rhona"])

    await eventually(is_moved)
    assert await refused(world, "rita", "GET", path) == 404
    history = await world.does("rhona", "GET", f"rooms/{thread['id']}/snapshot")
    assert [one["text"] for one in history["messages"]] == ["Bed 4: read it?"]

    # Nobody answers: the second is asked too, and may acknowledge.
    more = {"client_id": "second", "text": "Worse now", "urgent": True}
    await world.does("nurse", "POST", f"rooms/{thread['id']}/messages", more)
    raised = await world.does("nurse", "POST", f"{path}/escalate")
    assert raised["backup"]["id"] in {world.users["rocco"], world.users["rita"]}
    assert raised["second_phone"]
    second = "rocco" if raised["backup"]["id"] == world.users["rocco"] else "rita"
    seq = raised["last"]["seq"]
    done = await world.does(second, "POST", f"{path}/acknowledge", {"seq": seq})
    assert done["acknowledged"]["by"]["id"] == world.users[second]

    await world.does("nurse", "POST", f"{path}/close")
    listed = await world.does("nurse", "GET", "threads")
    assert [(one["id"], one["closed"]) for one in listed["items"]] == [(thread["id"], True)]
    kinds = [
        one["type"]
        for one in (await world.does("nurse", "GET", f"rooms/{thread['id']}/events"))["events"]
        if one["type"].startswith("thread.")
    ]
    assert kinds == [
        "thread.seated",
        "thread.acknowledged",
        "thread.seated",
        "thread.escalated",
        "thread.acknowledged",
    ]


async def test_a_rota_is_made_and_its_gaps_are_told(world: World) -> None:
    organisation = (await rota_of(world, "Radiologist on guard"))["organisation"]
    body = {
        "organisation": organisation,
        "name": "MRI on guard",
        "role": "radiologist",
        "layers": [{"rotation": {"anchor": "2026-01-05", "hour": 8, "members": []}}],
    }
    made = await world.does("admin", "POST", "rotas", body)
    assert made["on_call"] is None
    assert [one["member"] for one in made["gaps"]] == [None]
    tasks = (await world.does("rita", "GET", "me/tasks"))["items"]
    assert ("rota.gap", "now") in {(one["kind"], one["urgency"]) for one in tasks}

    # Written to while nobody is on duty, the thread says so; filled, the seat follows.
    thread = await world.does(
        "nurse", "POST", "threads", {"rota": made["id"], "client_id": "c", "text": "Anybody?"}
    )
    assert thread["holder"] is None
    rotation = made["layers"][0]["rotation"] | {"members": [world.users["rocco"]]}
    change = {"version": made["version"], "layers": [{"rotation": rotation}]}
    filled = await world.does("rita", "PATCH", f"rotas/{made['id']}", change)
    assert filled["gaps"] == []
    assert await refused(world, "rita", "PATCH", f"rotas/{made['id']}", change) == 409

    async def is_seated() -> bool:
        found = await world.does("nurse", "GET", f"threads/{thread['id']}")
        return bool(found["holder"] and found["holder"]["id"] == world.users["rocco"])

    await eventually(is_seated)
    now = world.clock.now()
    since, until = now.isoformat()[:19], (now + timedelta(days=7)).isoformat()[:19]
    path = f"rotas/{made['id']}/shifts?since={since}Z&until={until}Z"
    shifts = (await world.does("nurse", "GET", path))["items"]
    assert [one["member"]["id"] for one in shifts] == [world.users["rocco"]]


async def rota_of(world: World, name: str) -> Any:
    listed = await world.does("rita", "GET", "rotas")
    return next(one for one in listed["items"] if one["name"] == name)


async def test_a_calendar_program_follows_duties_until_its_password_is_renewed(
    world: World,
) -> None:
    feed = await world.does("rita", "POST", "me/duty-feed")
    guard = (await rota(world, "Radiologist on guard"))["rota"]
    right = {"Authorization": encode_basic_auth(feed["user"], feed["password"])}
    for path in (feed["address"], f"/api/v1/rotas/{guard}/duty.ics"):
        async with world.http.get(path, headers=right) as answer:
            assert answer.status == 200
            assert answer.content_type == "text/calendar"
            assert "BEGIN:VEVENT" in await answer.text()
    await world.does("rita", "POST", "me/duty-feed")
    token = f"Bearer {world.tokens['rita']}"
    for wrong in (right["Authorization"], encode_basic_auth("nobody", "x"), "Basic ?", token, ""):
        async with world.http.get(feed["address"], headers={"Authorization": wrong}) as answer:
            assert answer.status == 401
            assert answer.headers["WWW-Authenticate"].startswith("Basic")
