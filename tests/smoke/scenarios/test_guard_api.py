"""A question in the night: asked, alerted, accepted, called, reported, read; REST and sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import socketio

from server.adapters.database.idempotency import IdempotencyRows
from tests.smoke.api.nouns.fhir import alert
from tests.smoke.api.world import PEOPLE, World
from tests.waiting import until

QUESTION = {
    "priority": "emergency",
    "patient": {
        "name": "Nina Ipsilon",
        "birth_date": "1950-02-01",
        "identifier": "NPSNNI50B41F205X",
    },
    "question": "Fell from the stairs, on warfarin: intracranial bleeding?",
    "age": 76,
    "allergy": "iodine contrast",
    "creatinine": "1.4 mg/dl",
    "call_back": "+44 20 7946 0100",
    "wants_call": True,
}


class Page:
    """Somebody's open page: what it hears on `/alerts`."""

    def __init__(self, world: World, who: str) -> None:
        self.world = world
        self.who = who
        self.heard: list[tuple[str, Any]] = []
        self.socket = socketio.AsyncClient(reconnection=False)
        self.socket.on("*", lambda name, data: self.heard.append((name, data)), "/alerts")

    async def open(self) -> Page:
        auth = {"token": self.world.tokens[self.who], "device": f"{self.who}-page"}
        await self.socket.connect(
            self.world.url, auth=auth, namespaces=["/alerts"], transports=["websocket"]
        )
        return self

    async def ask(self, event: str, **payload: Any) -> Any:
        """One event; its acknowledgement."""
        return await self.socket.call(event, payload, namespace="/alerts", timeout=10)

    async def hears(self, event: str) -> Any:
        """Wait for an event."""
        await until(lambda: any(name == event for name, _ in self.heard), 10)
        return next(data for name, data in self.heard if name == event)


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """The composed server; a nurse asks, two of the demo radiologists are there."""
    cast = {"nurse": "nurse", "r1": "radiologist", "r2": "radiologist2", "r3": "radiologist3"}
    for who, login in cast.items():
        monkeypatch.setitem(PEOPLE, who, login)
    async with World.start(tmp_path) as world:
        yield world


async def refusal(world: World, who: str, path: str, body: Any = None) -> tuple[int, Any]:
    """A POST that must be refused."""
    return await world.ask("POST", f"/api/v1/{path}", world.tokens[who], body)


async def test_a_question_in_the_night(world: World) -> None:
    service = (await world.does("nurse", "GET", "guard/services"))["items"][0]
    assert (service["name"], service["no_cover"]) == ("CT emergency", False)
    by_id = {world.users[who]: who for who in ("r1", "r2", "r3")}
    called = by_id[service["on_call"]["person"]]
    other = next(who for who in by_id.values() if who != called)
    nurse = await Page(world, "nurse").open()
    pages = {who: await Page(world, who).open() for who in (called, other)}
    for page in pages.values():
        assert (await page.ask("ready", sound=True))["ok"]

    body = QUESTION | {"service": service["id"]}
    key = {"Idempotency-Key": "night-1"}
    made = await world.does("nurse", "POST", "guard/requests", body, **key)
    again = await world.does("nurse", "POST", "guard/requests", body, **key)
    assert again["id"] == made["id"], "asking twice is asking once"
    one = made["id"]
    assert (made["state"], made["step"]) == ("alerting", 1)

    alert = await pages[called].hears("guard.alert")
    public = {"request", "room", "service_name", "priority", "step", "at", "silent_on"}
    assert set(alert) == public
    ringing = (await world.does(called, "GET", "guard/alerts"))["items"]
    assert [(each["request"], each["age"]) for each in ringing] == [(one, 76)]
    assert "Ipsilon" not in str(ringing)
    tasks = (await world.does(called, "GET", "me/tasks"))["items"]
    assert ("guard.accept", one) in {(task["kind"], task["subject"]) for task in tasks}
    assert (await pages[called].ask("delivered", request=one))["ok"]
    assert (await pages[called].ask("seen", request=one))["ok"]
    sent = (await world.does("nurse", "GET", f"guard/requests/{one}"))["notifications"]
    assert [(each["device"], bool(each["seen_at"])) for each in sent] == [(f"{called}-page", True)]
    queue = (await world.does(other, "GET", "guard/requests?queue=true"))["items"]
    assert [each["id"] for each in queue] == [one]

    accepted = await pages[called].ask("accept", request=one)
    assert accepted["request"]["accepted_by"]["id"] == world.users[called]
    late = await pages[other].ask("accept", request=one)
    name = accepted["request"]["accepted_by"]["name"]
    assert (late["error"]["code"], late["error"]["by"]) == ("already-accepted", name)
    status, problem = await refusal(world, other, f"guard/requests/{one}/accept")
    assert (status, problem["code"], problem["by"]) == (409, "already-accepted", name)
    assert (await nurse.hears("guard.update"))["request"] == one
    assert (await pages[called].hears("guard.cancel"))["code"] == "taken"

    opened = await world.does(called, "POST", f"guard/requests/{one}/open", {"by_phone": True})
    assert opened["state"] == "working"
    await _report(world, called, opened["report"], one)

    done = await world.does("nurse", "GET", f"guard/requests/{one}")
    assert (done["state"], done["report_state"]) == ("reported", "final")
    tasks = (await world.does("nurse", "GET", "me/tasks"))["items"]
    assert ("guard.acknowledge", one) in {(task["kind"], task["subject"]) for task in tasks}
    closed = await world.does("nurse", "POST", f"guard/requests/{one}/acknowledge")
    assert closed["state"] == "closed"
    life = [entry["type"].removeprefix("guard.") for entry in closed["log"]]
    assert life == [
        *("requested", "alerted", "delivered", "seen", "accepted", "working"),
        *("reported", "reported", "closed"),
    ]
    room = await world.does("nurse", "GET", f"rooms/{closed['room']}")
    assert "Ipsilon" not in room["title"]
    for page in (nurse, *pages.values()):
        await page.socket.disconnect()


async def _report(world: World, who: str, report: str, one: str) -> None:
    """Interim, a critical finding, its read-back, final."""
    words = {"version": 0, "findings": "Subdural haematoma.", "conclusion": "Bleeding."}
    await world.does(who, "PUT", f"reports/{report}", words)
    signature = {"version": 1, "interim": True, "attestation": "PACS 7.2"}
    await world.does(who, "POST", f"reports/{report}/sign", signature)
    pending = await world.does("nurse", "GET", f"guard/requests/{one}")
    assert (pending["state"], pending["report_state"]) == ("report_pending", "interim")
    read = await world.does("nurse", "GET", f"reports/{report}")
    assert read["conclusion"] == "Bleeding."
    found = await world.does(who, "POST", f"reports/{report}/criticals", {"text": "Haematoma"})
    final = {"version": found["version"], "attestation": "PACS 7.2"}
    status, problem = await refusal(world, who, f"reports/{report}/sign", final)
    assert (status, problem["code"]) == (409, "read-back-missing")
    critical = found["criticals"][0]["id"]
    heard = {"receiver": "Demo Nina Infermieri", "told_at": world.clock.now().isoformat()}
    await world.does(who, "POST", f"reports/{report}/criticals/{critical}/read-back", heard)
    await world.does(who, "POST", f"reports/{report}/sign", final)


async def test_a_page_that_comes_late_still_rings(
    world: World,
) -> None:
    service = (await world.does("nurse", "GET", "guard/services"))["items"][0]
    made = await world.does(
        "nurse", "POST", "guard/requests", QUESTION | {"service": service["id"]}
    )
    by_id = {world.users[who]: who for who in ("r1", "r2", "r3")}
    late = await Page(world, by_id[service["on_call"]["person"]]).open()
    assert (await late.hears("guard.alert"))["request"] == made["id"]
    await late.socket.disconnect()


async def test_the_next_step_is_alerted_by_the_running_engine(world: World) -> None:
    """Hazard 2 on the composed server."""
    service = (await world.does("nurse", "GET", "guard/services"))["items"][0]
    by_id = {world.users[who]: who for who in ("r1", "r2", "r3")}
    page = await Page(world, by_id[service["on_call"]["person"]]).open()
    await page.ask("ready", sound=True)
    body = QUESTION | {"service": service["id"]}
    made = await world.does("nurse", "POST", "guard/requests", body)
    assert made["step"] == 1
    world.clock.shift = timedelta(seconds=service["steps"][0]["delay_s"])

    async def step() -> int:
        found = await world.does("nurse", "GET", f"guard/requests/{made['id']}")
        return int(found["step"])

    async with asyncio.timeout(10):
        while await step() != 2:
            await page.ask("ready", sound=True)
    assert await step() == 2
    await page.socket.disconnect()


@pytest.mark.parametrize("path", ["guard/requests", "fhir/CommunicationRequest"])
async def test_what_cannot_be_answered_again_is_not_stored(
    world: World, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """Whoever dies with the answer leaves no request behind, and the repeat is the first."""
    who = "nurse" if path == "guard/requests" else "integrator"
    service = (await world.does("nurse", "GET", "guard/services"))["items"][0]["id"]
    world.ids["fhir-service"] = service
    body = QUESTION | {"service": service} if who == "nurse" else alert(world)
    key = {"Idempotency-Key": "lost"}

    async def dies(*_: Any) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as broken:
        broken.setattr(IdempotencyRows, "answer", dies)
        status, _ = await world.ask("POST", f"/api/v1/{path}", world.tokens[who], body, key)
    assert status == 500
    assert await _asked(world, who) == []
    made = await world.does(who, "POST", path, body, **key)
    assert await _asked(world, who) == [made["id"]]


async def _asked(world: World, who: str) -> list[str]:
    found = await world.does(who, "GET", "guard/requests?mine=true")
    return [one["id"] for one in found["items"]]
