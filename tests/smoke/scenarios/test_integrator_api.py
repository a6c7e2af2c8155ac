"""An integrator: signed events that arrive in spite of failures, a log, replays, an example."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from standardwebhooks import Webhook

from server.domain.webhooks import RETRIES
from tests.smoke.api.world import World
from tests.waiting import eventually

EXAMPLE = Path(__file__).resolve().parents[3] / "docs" / "examples" / "integrator.py"


@dataclass
class Receiver:
    """An integrator's server: refuses the first posts it is told to."""

    url: str = ""
    refuse: int = 0
    posts: list[tuple[dict[str, str], str]] = field(default_factory=list)

    async def hear(self, request: web.Request) -> web.Response:
        self.posts.append((dict(request.headers), await request.text()))
        if self.refuse:
            self.refuse -= 1
            return web.Response(status=503)
        return web.Response(status=204)

    def types(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.posts]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made, app = Receiver(), web.Application()
    app.router.add_post("/hook", made.hear)
    async with TestServer(app) as server:
        made.url = str(server.make_url("/hook"))
        yield made


async def test_from_a_room_to_its_signed_event_in_spite_of_a_failure(
    world: World, receiver: Receiver
) -> None:
    made = await world.does("admin", "POST", "webhooks", {"url": receiver.url})
    receiver.refuse = 1
    room = await world.does("admin", "POST", "rooms", {"title": "TAC di Rossi Mario"})
    path = f"webhooks/{made['id']}"

    async def refused() -> bool:
        return any(one["attempts"] for one in await log(world, path, "pending"))

    await eventually(refused)
    world.clock.shift = RETRIES[0] + timedelta(seconds=1)

    async def all_delivered() -> bool:
        return len(await log(world, path, "delivered")) == 2  # created, and its host added

    await eventually(all_delivered)
    assert sorted(set(receiver.types())) == ["member.added", "room.created"]
    for _, body in receiver.posts:
        assert "Rossi" not in body
        assert json.loads(body)["data"]["room"] == room["id"]
    headers, body = receiver.posts[-1]
    name = headers["webhook-id"]
    [delivered] = [one for one in await log(world, path, "delivered") if one["message"] == name]
    await world.does("admin", "POST", f"{path}/deliveries/{delivered['id']}/replay")

    async def came_again() -> bool:
        return [each["webhook-id"] for each, _ in receiver.posts].count(name) >= 2

    await eventually(came_again)
    world.clock.shift = timedelta()
    await world.does("admin", "POST", f"{path}/ping")

    async def pinged() -> bool:
        return "webhook.ping" in receiver.types()

    await eventually(pinged)
    headers, body = receiver.posts[-1]
    assert Webhook(made["secret"]).verify(body, headers)["type"] == "webhook.ping"


async def test_the_example_of_the_documentation_runs(world: World) -> None:
    token = await world.sign_in("integrator")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(EXAMPLE),
        env=os.environ | {"GUARDLINE_URL": world.url, "GUARDLINE_TOKEN": token},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    said = output.decode().splitlines()
    assert said[0].startswith("room ")
    assert said[1].startswith("guard request ")
    assert any(line.startswith("event guard.requested ") for line in said)


async def log(world: World, path: str, state: str) -> list[dict[str, Any]]:
    """The deliveries in a state."""
    answer = await world.does("admin", "GET", f"{path}/deliveries?state={state}")
    found: list[dict[str, Any]] = answer["items"]
    return found
