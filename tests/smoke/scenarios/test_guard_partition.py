"""A hundred requests while every device is cut off: on return each rings once, the worst first."""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import socketio

from tests.smoke.api.world import PEOPLE, World
from tests.smoke.scenarios.test_guard_api import QUESTION
from tests.waiting import until

RADIOLOGISTS = ("r1", "r2", "r3")
MIXED = ("routine", "emergency", "urgent", "emergency") * 25
BACK_SECONDS = 60.0


class Device:
    """A page that answers each alert as the client's does, one after another, until it is heard."""

    def __init__(self, world: World, who: str, name: str) -> None:
        self.world, self.who = world, who
        self.name = f"{who}-{name}"
        self.rang: list[str] = []
        self.answered = 0
        self.refused: list[str] = []
        self._alerts: asyncio.Queue[str] = asyncio.Queue()
        self._socket = socketio.AsyncClient(reconnection=False)
        self._socket.on("guard.alert", self._ring, namespace="/alerts")

    async def connect(self) -> None:
        """Connect, or come back, with its sound on."""
        auth = {"token": self.world.tokens[self.who], "device": self.name}
        await self._socket.connect(
            self.world.url, auth=auth, namespaces=["/alerts"], transports=["websocket"]
        )
        await self._tell("ready", sound=True)

    async def lose(self) -> None:
        """The network goes, without a word of farewell."""
        self._socket.eio.ws.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        await until(lambda: not self._socket.connected)

    async def close(self) -> None:
        """Hang up."""
        await self._socket.disconnect()

    async def answer(self) -> None:
        """Say of each alert that it arrived and was looked at; until cancelled."""
        while True:
            request = await self._alerts.get()
            for event in ("delivered", "seen"):
                await self._tell(event, request=request)
            self.answered += 1

    async def _tell(self, event: str, **payload: Any) -> None:
        while True:
            answer = await self._socket.call(event, payload, namespace="/alerts", timeout=30)
            if answer.get("ok"):
                return
            self.refused.append(answer["error"]["code"])
            await asyncio.sleep(answer["error"]["retry_after"])  # as the client's channel does

    def _ring(self, alert: dict[str, Any]) -> None:
        self.rang.append(alert["request"])
        self._alerts.put_nowait(alert["request"])


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """The composed server, a nurse and the demo radiologists."""
    cast = {"nurse": "nurse", "r1": "radiologist", "r2": "radiologist2", "r3": "radiologist3"}
    for who, login in cast.items():
        monkeypatch.setitem(PEOPLE, who, login)
    async with World.start(tmp_path) as world:
        yield world


@pytest.mark.slow
async def test_a_hundred_alerts_reach_every_device_once_after_a_partition(world: World) -> None:
    service = (await world.does("nurse", "GET", "guard/services"))["items"][0]
    by_id = {world.users[who]: who for who in RADIOLOGISTS}
    called = by_id[service["on_call"]["person"]]
    devices = [Device(world, called, name) for name in ("desk", "phone")]
    async with AsyncExitStack() as stack:
        for device in devices:
            await device.connect()
            stack.push_async_callback(device.close)
        for device in devices:
            await device.lose()
        cases = {await ask(world, service["id"], priority): priority for priority in MIXED}
        assert not any(device.rang for device in devices), "cut off"
        async with asyncio.timeout(BACK_SECONDS), asyncio.TaskGroup() as tasks:
            answering = [tasks.create_task(device.answer()) for device in devices]
            await asyncio.gather(*(device.connect() for device in devices))
            await until(lambda: all(one.answered >= len(cases) for one in devices), BACK_SECONDS)
            for task in answering:
                task.cancel()
        for device in devices:
            assert Counter(device.rang) == Counter(cases.keys()), "none is lost, none comes twice"
            order = [cases[request] for request in device.rang]
            assert order == ["emergency"] * 50 + ["urgent"] * 25 + ["routine"] * 25
            assert set(device.refused) <= {"rate-limited"}
        for case in cases:
            await is_marked_once(world, case, {device.name for device in devices})


async def ask(world: World, service: str, priority: str) -> str:
    """The nurse files one of her requests."""
    body = QUESTION | {"service": service, "priority": priority, "wants_call": False}
    key = {"Idempotency-Key": str(uuid.uuid4())}
    return str((await world.does("nurse", "POST", "guard/requests", body, **key))["id"])


async def is_marked_once(world: World, case: str, devices: set[str]) -> None:
    """Each device has one row that arrived and was looked at, and the life tells it once."""
    found = await world.does("nurse", "GET", f"guard/requests/{case}")
    rows = [one for one in found["notifications"] if one["device"] in devices]
    assert sorted(one["device"] for one in rows) == sorted(devices)
    assert all(one["delivered_at"] and one["seen_at"] for one in rows)
    life = Counter(entry["type"] for entry in found["log"])
    assert (life["guard.delivered"], life["guard.seen"]) == (len(devices), len(devices))
