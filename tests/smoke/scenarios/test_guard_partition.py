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
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from server.adapters.database.accounts import user_roles, users
from server.adapters.database.events import events
from server.adapters.database.guard_notifications import guard_notifications
from server.adapters.database.unit_of_work import create_engine
from tests.smoke.api.world import PEOPLE, World
from tests.smoke.scenarios.test_guard_api import QUESTION
from tests.waiting import until

RADIOLOGISTS = tuple(f"r{number}" for number in range(14))
DEVICES = ("desk", "phone")
MIXED = ("routine", "emergency", "urgent", "emergency") * 25
ORDER = ("emergency", "urgent", "routine")
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
            self.world.url,
            auth=auth,
            namespaces=["/alerts"],
            transports=["websocket"],
            wait_timeout=30,
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
    """The composed server, a nurse and her radiologists."""
    monkeypatch.setitem(PEOPLE, "nurse", "nurse")
    async with World.start(tmp_path) as world:
        for who in RADIOLOGISTS:
            monkeypatch.setitem(PEOPLE, who, who)
            world.passwords[who] = world.passwords["radiologist"]
        yield world


@pytest.fixture
async def rows(world: World, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """What the server stores; its radiologists are copies of one of the demo."""
    engine = create_engine(f"sqlite+aiosqlite:///{tmp_path / 'data' / 'guardline.db'}")
    async with engine.begin() as connection:
        await connection.exec_driver_sql("BEGIN IMMEDIATE")
        here = users.c.email == "radiologist@demo.example"
        [model] = (await connection.execute(select(users).where(here))).mappings()
        held = select(user_roles).where(user_roles.c.user == model["id"])
        roles = [dict(row) for row in (await connection.execute(held)).mappings()]
        copies = [
            {**model, "id": f"{model['id']}-{who}", "email": f"{who}@demo.example", "name": who}
            for who in RADIOLOGISTS
        ]
        await connection.execute(insert(users), copies)
        each = [role | {"user": copy["id"]} for copy in copies for role in roles]
        await connection.execute(insert(user_roles), each)
    yield engine
    await engine.dispose()


@pytest.mark.slow
async def test_a_hundred_alerts_reach_every_device_once_after_a_partition(
    world: World, rows: AsyncEngine
) -> None:
    for who in RADIOLOGISTS:
        world.tokens[who] = await world.sign_in(who)
    services = [await serve(world, at) for at in range(len(RADIOLOGISTS))]
    devices = [Device(world, who, name) for who in RADIOLOGISTS for name in DEVICES]
    async with AsyncExitStack() as stack:
        for device in devices:
            await device.connect()
            stack.push_async_callback(device.close)
        await asyncio.gather(*(device.lose() for device in devices))
        cases = dict[str, tuple[str, set[str]]]()
        for at, priority in enumerate(MIXED):
            service, called = services[at % len(services)]
            cases[await ask(world, service, priority)] = priority, called
        assert not any(device.rang for device in devices), "cut off"
        async with asyncio.timeout(BACK_SECONDS), asyncio.TaskGroup() as tasks:
            answering = [tasks.create_task(device.answer()) for device in devices]
            await asyncio.gather(*(device.connect() for device in devices))
            due = {who: sum(who in called for _, called in cases.values()) for who in RADIOLOGISTS}
            await until(lambda: all(one.answered >= due[one.who] for one in devices), BACK_SECONDS)
            for task in answering:
                task.cancel()
        for device in devices:
            mine = [case for case, (_, called) in cases.items() if device.who in called]
            assert Counter(device.rang) == Counter(mine), "none is lost, none comes twice"
            ranks = [ORDER.index(cases[case][0]) for case in device.rang]
            assert ranks == sorted(ranks), "the worst first"
            assert set(device.refused) <= {"rate-limited"}
        expected = {
            (case, f"{who}-{name}")
            for case, (_, called) in cases.items()
            for who in called
            for name in DEVICES
        }
        await are_marked_once(rows, expected)


async def serve(world: World, at: int) -> tuple[str, set[str]]:
    """A service, and whom it reaches while nobody can be heard; some reach two at once."""
    who = RADIOLOGISTS[at]
    called = [who] if at % 7 else [who, RADIOLOGISTS[at + 1]]
    body = {
        "organisation": world.ids["organisation"],
        "name": f"CT of {who}",
        "modality": "CT",
        "phone": "+44 20 7946 0112",
        "steps": [{"person": world.users[one], "delay_s": 3600} for one in called],
    }
    return str((await world.does("admin", "POST", "guard/services", body))["id"]), set(called)


async def ask(world: World, service: str, priority: str) -> str:
    """The nurse files one of her requests."""
    body = QUESTION | {"service": service, "priority": priority, "wants_call": False}
    key = {"Idempotency-Key": str(uuid.uuid4())}
    return str((await world.does("nurse", "POST", "guard/requests", body, **key))["id"])


async def are_marked_once(rows: AsyncEngine, expected: set[tuple[str, str]]) -> None:
    """Each device has one row that arrived and was looked at, and the lives tell it once."""
    sent, kinds = guard_notifications.c, ("guard.delivered", "guard.seen")
    async with rows.connect() as connection:
        marked = select(sent.request, sent.device).where(
            sent.delivered_at.is_not(None), sent.seen_at.is_not(None)
        )
        found = [(request, device) for request, device in await connection.execute(marked)]
        late = select(sent.request).where(sent.device != "", sent.seen_at.is_(None))
        unseen = (await connection.execute(late)).all()
        lives = select(events.c.type, func.count()).where(events.c.type.in_(kinds))
        counted = await connection.execute(lives.group_by(events.c.type))
        told: dict[str, int] = {row[0]: row[1] for row in counted}
    assert sorted(found) == sorted(expected)
    assert not unseen
    assert told == dict.fromkeys(kinds, len(expected))
