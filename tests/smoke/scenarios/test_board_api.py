"""A board of three specialties, from the agenda to signed sheets, over REST and the call alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import socketio

from tests.smoke.api.world import PEOPLE, World

CAST = {"rita": "radiologist", "rosa": "radiotherapist", "gino": "casemanager"}
SHEET = {"proposal": "Chemotherapy", "guideline": "inside", "next_step": "Visit in a week"}


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """The composed server; an oncologist coordinates, a case manager is the secretary."""
    for who, login in CAST.items():
        monkeypatch.setitem(PEOPLE, who, login)
    async with World.start(tmp_path) as world:
        yield world


class Caller:
    """One device of somebody in the call of a room."""

    def __init__(self, world: World, who: str, room: str) -> None:
        self._world = world
        self._who = who
        self._room = room
        self._socket = socketio.AsyncClient(reconnection=False)

    async def enter(self) -> None:
        """Connect, join the room and its call."""
        token = {"token": self._world.tokens[self._who], "device": f"device-{self._who}"}
        await self._socket.connect(
            self._world.url, auth=token, namespaces=["/room"], transports=["websocket"]
        )
        ticket = await self._world.does(self._who, "POST", f"rooms/{self._room}/tokens")
        await self._ask("join", token=ticket["room_token"])
        await self._ask("call.join", room=self._room)

    async def leave(self) -> None:
        """Leave the call, staying in the room."""
        await self._ask("call.leave", room=self._room)

    async def disconnect(self) -> None:
        """Close the browser."""
        await self._socket.disconnect()

    async def _ask(self, event: str, **payload: Any) -> None:
        answer = await self._socket.call(event, payload, namespace="/room", timeout=10)
        assert answer.get("ok") is True, (event, answer)


@asynccontextmanager
async def in_call(world: World, room: str, *people: str) -> AsyncIterator[dict[str, Caller]]:
    """Everybody in the call."""
    async with AsyncExitStack() as stack:
        callers = {who: Caller(world, who, room) for who in people}
        for caller in callers.values():
            stack.push_async_callback(caller.disconnect)
            await caller.enter()
        yield callers


def meeting(world: World, days: int) -> dict[str, Any]:
    """Four seats, three medical specialties."""
    chairs = {
        "host": "medical_oncology",
        "rita": "radiology",
        "rosa": "radiation_oncology",
        "observer": "nursing",
    }
    return {
        "title": "Thoracic board",
        "starts_at": (world.clock.now() + timedelta(days=days)).isoformat(),
        "duration_minutes": 60,
        "coordinator": world.users["host"],
        "participants": [
            {"person": world.users[who], "specialty": specialty}
            for who, specialty in chairs.items()
        ],
    }


def case(world: World, number: int) -> dict[str, Any]:
    """A patient's case, the patient informed."""
    who = {"name": f"Paziente {number}", "birth_date": "1950-02-03", "identifier": f"RCP{number}"}
    return {
        "patient": who,
        "question": "Surgery or chemotherapy?",
        "presenter": world.users["rita"],
        "informed_on": world.clock.now().date().isoformat(),
    }


async def refused(world: World, who: str, method: str, path: str, body: Any = None) -> str:
    """A request that must be refused: status and code."""
    status, answer = await world.ask(method, f"/api/v1/{path}", world.tokens[who], body)
    assert status >= 400, answer
    return f"{status} {answer['code']}"


async def test_three_specialties_decide_and_one_case_returns(world: World) -> None:
    board = await world.does("gino", "POST", "boards", meeting(world, 0))
    later = await world.does("gino", "POST", "boards", meeting(world, 7))
    path = f"boards/{board['id']}"
    for number in range(3):
        board = await world.does("rita", "POST", f"{path}/cases", case(world, number))
    first, second, third = (f"{path}/cases/{one['id']}" for one in board["cases"])
    assert [one["kind"] for one in await tasks(world, "rosa")] == ["boards.join"]

    async with in_call(world, board["room"], "host", "rita", "rosa") as callers:
        opened = await world.does("host", "POST", f"{first}/open")
        assert opened["live"]["met"] is True
        assert await refused(world, "host", "POST", f"{second}/open") == "409 case-open"
        written = await world.does("host", "PUT", f"{first}/sheet", {"version": 0, **SHEET})
        assert written["cases"][0]["sheet"]["proposal"] == "Chemotherapy"
        stale = await refused(world, "rita", "PUT", f"{first}/sheet", {"version": 0})
        assert stale == "409 sheet-changed"
        end = {"version": 1, "decided": True}
        assert await refused(world, "rita", "POST", f"{first}/close", end) == "403 forbidden"
        await world.does("host", "POST", f"{first}/close", end)

        await world.does("host", "POST", f"{second}/open")
        empty = {"version": 0, "decided": True}
        assert await refused(world, "host", "POST", f"{second}/close", empty) == (
            "409 sheet-incomplete"
        )
        outside = {"version": 0, **SHEET, "guideline": "outside", "reason": "Frailty"}
        await world.does("host", "PUT", f"{second}/sheet", outside)
        await world.does("host", "POST", f"{second}/close", end)

        await world.does("host", "POST", f"{third}/open")
        await world.does("host", "PUT", f"{third}/sheet", {"version": 0, **SHEET})
        await callers["rosa"].leave()
        seen = await world.does("rita", "GET", path)
        assert seen["live"]["met"] is False
        assert world.users["rosa"] not in seen["present"]
        closed = await world.does("host", "POST", f"{third}/close", end)
        assert closed["cases"][2]["quorum"]["specialties"] == ["medical_oncology", "radiology"]

    sign = {"version": 1}
    assert await refused(world, "rita", "POST", f"{first}/sign", sign) == "403 forbidden"
    for one in (first, second):
        await world.does("host", "POST", f"{one}/sign", sign)
    assert await refused(world, "host", "POST", f"{third}/sign", sign) == "409 quorum-missing"
    assert [one["kind"] for one in await tasks(world, "host")] == [
        "boards.join",
        "boards.represent",
    ]
    await world.does("gino", "POST", f"{third}/represent", {"board": later["id"]})
    again = await world.does("rosa", "GET", f"boards/{later['id']}")
    assert [one["represents"] for one in again["cases"]] == [board["cases"][2]["id"]]

    figures = await world.does("gino", "GET", "boards/statistics?months=1")
    assert figures["items"][0] | {"month": ""} == {
        "month": "",
        "cases": 3,
        "quorum_met": 2,
        "quorum_rate": 2 / 3,
        "signed": 2,
        "returned": 1,
        "outside": 1,
        "specialties_mean": 8 / 3,
        "specialties": {"medical_oncology": 3, "radiology": 3, "radiation_oncology": 2},
    }
    assert (await world.does("gino", "GET", "boards/statistics.csv"))["Content-Type"].startswith(
        "text/csv"
    )
    paper = await world.does("observer", "GET", f"{first}/pdf?locale=fr")
    assert paper["Content-Type"] == "application/pdf"
    await the_timeline_tells_no_names(world, board["room"])


async def tasks(world: World, who: str) -> list[dict[str, Any]]:
    """What boards ask of somebody."""
    found = (await world.does(who, "GET", "me/tasks"))["items"]
    return [one for one in found if one["kind"].startswith("boards.")]


async def the_timeline_tells_no_names(world: World, room: str) -> None:
    """What happened is in the room's timeline, by ids."""
    page = await world.does("host", "GET", f"rooms/{room}/events?after=0")
    told = [event for event in page["events"] if event["type"].startswith("board.")]
    kinds = [event["type"] for event in told]
    assert kinds.count("board.case_opened") == 3
    assert kinds.count("board.signed") == 2
    assert kinds[-1] == "board.represented"
    assert "Paziente" not in str(told)
