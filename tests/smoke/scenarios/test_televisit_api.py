"""A televisit from the agenda to the signed report, and no way in for anybody else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.smoke.api.world import PEOPLE, World, altered, of_another_key, unsigned
from tests.waiting import eventually

PATIENT = {"name": "Mario Rossi", "birth_date": "1961-04-02", "identifier": "RSSMRA61D02F205X"}
OTHER = {"name": "Luisa Bianchi", "birth_date": "1970-01-31", "identifier": "BNCLSU70A71F205K"}


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The composed server; the psychologist sees patients, the case manager writes too."""
    for who, login in {"clinician": "psychologist", "second": "casemanager"}.items():
        monkeypatch.setitem(PEOPLE, who, login)
    async with World.start(tmp_path) as world:
        yield world


async def refused(world: World, who: str, method: str, path: str, body: Any = None) -> str:
    """A request that must be refused: status and code."""
    status, answer = await world.ask(method, f"/api/v1/{path}", world.tokens[who], body)
    assert status >= 400, answer
    return f"{status} {answer['code']}"


async def schedule(world: World, patient: dict[str, str], **changes: Any) -> Any:
    """A visit in half an hour."""
    body = {
        "patient": patient,
        "starts_at": (world.clock.now() + timedelta(minutes=30)).isoformat(),
        "reason": "Follow-up after discharge",
    }
    return await world.does("clinician", "POST", "televisits", body | changes)


async def code_of(world: World, televisit: str, **body: str) -> str:
    """The code of a new link."""
    made = await world.does("clinician", "POST", f"televisits/{televisit}/links", body)
    return str(made["link"].partition("#")[2])


async def redeem(world: World, code: str) -> tuple[int, Any]:
    """Come by a link."""
    return await world.ask("POST", "/api/v1/invitations/redeem", None, {"code": code})


async def tasks(world: World) -> list[str]:
    """What waits for the clinician, without the visit of the demo."""
    found = (await world.does("clinician", "GET", "me/tasks"))["items"]
    return [each["kind"] for each in found if each["kind"].startswith("televisits.")]


async def test_a_televisit_is_held_and_reported(world: World) -> None:
    assert await refused(world, "integrator", "POST", "televisits", {}) == "422 invalid"
    made = await schedule(world, PATIENT)
    one, room = f"televisits/{made['id']}", made["room"]
    assert made["state"] == "scheduled"
    assert "Rossi" not in made["title"]
    assert await refused(world, "second", "GET", one) == "404 not-found"
    assert await tasks(world) == ["televisits.next"]
    day = f"televisits?since={world.clock.now().isoformat()}".replace("+", "%2B")
    assert (await world.does("clinician", "GET", day))["items"][0]["id"] == made["id"]

    first = await code_of(world, made["id"])
    code = await code_of(world, made["id"])
    assert (await redeem(world, first))[0] == 404, "a newer link ends the former"
    assert (
        await refused(world, "clinician", "POST", f"{one}/links", {"guest": "caregiver"})
        == "422 invalid"
    )
    caregiver = await code_of(world, made["id"], guest="caregiver", name="Carla Rossi")
    assert await refused(world, "clinician", "POST", f"{one}/begin") == "409 televisit-moved"

    status, arrival = await redeem(world, code)
    assert status == 200
    assert arrival["room"]["id"] == room
    seen = await world.does("clinician", "GET", one)
    assert seen["state"] == "waiting"
    assert [(each["guest"], each["name"], each["state"]) for each in seen["guests"]] == [
        ("patient", "M. R.", "waiting")
    ]
    assert await tasks(world) == ["televisits.waiting"]
    assert (await redeem(world, caregiver))[0] == 200

    assert await refused(world, "clinician", "POST", f"{one}/begin") == "409 identity-missing"
    agreed = {"given": True, "by": "patient", "how": "spoken"}
    assert (
        await refused(world, "clinician", "POST", f"{one}/consent", agreed)
        == "409 identity-missing"
    )
    checked = {"identifiers_checked": True, "document_seen": True}
    await world.does("clinician", "POST", f"{one}/identify", checked)
    denied = await world.does("clinician", "POST", f"{one}/consent", {"given": False})
    assert denied["state"] == "waiting"
    assert await refused(world, "clinician", "POST", f"{one}/begin") == "409 consent-missing"
    seen = await world.does("clinician", "POST", f"{one}/consent", agreed)
    assert (seen["state"], seen["consent"]["by"]) == ("identified", "patient")
    begun = await world.does("clinician", "POST", f"{one}/begin")
    assert begun["state"] == "in_progress"

    body = {"link_quality": "fair", "suitable": False}
    assert await refused(world, "clinician", "POST", f"{one}/conclude", body) == "422 invalid"
    ended = await world.does("clinician", "POST", f"{one}/conclude", {})
    assert ended["state"] == "report_pending"
    assert await tasks(world) == ["televisits.report"]
    report = f"reports/{ended['report']}"
    words = {"version": 0, "findings": "Sleeps better.", "conclusion": "Again in a month."}
    words["version"] = (await world.does("clinician", "GET", report))["version"]
    version = (await world.does("clinician", "PUT", report, words))["version"]
    sign = {"version": version}
    missing = await refused(world, "clinician", "POST", f"{report}/sign", sign)
    assert missing == "409 link-quality-missing"
    await world.does("clinician", "POST", f"{one}/conclude", {"link_quality": "good"})
    missing = await refused(world, "clinician", "POST", f"{report}/sign", sign)
    assert missing == "409 suitability-missing"
    body = {"link_quality": "good", "suitable": True}
    claimed = body | {"measured": {"score": 5.0, "rtt_ms": 1.0, "loss": 0.0}}
    assert await refused(world, "clinician", "POST", f"{one}/conclude", claimed) == "422 invalid"
    seen = await world.does("clinician", "POST", f"{one}/conclude", body)
    assert seen["measured"] is None, "nobody called"
    await world.does("clinician", "POST", f"{report}/sign", sign)
    assert (await world.does("clinician", "GET", one))["state"] == "closed"
    assert await tasks(world) == []

    events = (await world.does("clinician", "GET", f"rooms/{room}/events?after=0"))["events"]
    happened = [each["type"] for each in events if each["type"].startswith("televisit.")]
    assert happened[0] == "televisit.scheduled"
    assert happened[-1] == "televisit.closed"
    assert "Mario" not in str(events)
    pdf = await world.http.get(
        f"/api/v1/{report}/pdf?locale=it",
        headers={"Authorization": f"Bearer {world.tokens['clinician']}"},
    )
    assert (await pdf.read()).startswith(b"%PDF-")


async def test_hazard_11_no_link_or_token_opens_another_room(world: World) -> None:
    mine, theirs = await schedule(world, PATIENT), await schedule(world, OTHER)
    code = await code_of(world, mine["id"])
    status, arrival = await redeem(world, code)
    assert status == 200
    replayed, answer = await redeem(world, code)
    assert (replayed, answer.get("code")) == (404, "link-invalid"), "replayed"
    turned = code[:-1] + ("A" if code[-1] != "A" else "B")
    assert (await redeem(world, turned))[0] == 404, "altered"

    async def lets_in(token: str, room: str) -> int:
        return (await world.ask("GET", f"/api/v1/rooms/{room}", token))[0]

    token, room = arrival["room_token"], mine["room"]
    assert await lets_in(token, room) == 200
    assert await lets_in(altered(token), room) == 401
    assert await lets_in(unsigned(token), room) == 401
    assert await lets_in(of_another_key(token), room) == 401
    assert await lets_in(token, theirs["room"]) == 404, "a guest of one is nobody in another"
    for path in (f"televisits/{mine['id']}", f"televisits?room={room}", "televisits"):
        status, _ = await world.ask("GET", f"/api/v1/{path}", token)
        assert status in (401, 403), path
    status, _ = await world.ask("POST", f"/api/v1/televisits/{mine['id']}/links", token, {})
    assert status in (401, 403)

    unused = await code_of(world, theirs["id"])
    again = await code_of(world, mine["id"])
    assert await lets_in(token, room) == 401, "the former link's guest went with it"
    resumed = {"resume": arrival["resume"]}
    status, _ = await world.ask("POST", "/api/v1/invitations/resume", None, resumed)
    assert status == 404, "revoked"
    world.clock.shift = timedelta(hours=24)
    for late in (again, unused):
        assert (await redeem(world, late))[0] == 404, "expired"
    assert await lets_in(token, room) == 401


async def test_a_patient_who_comes_back_is_not_asked_again(world: World) -> None:
    made = await schedule(world, PATIENT)
    one = f"televisits/{made['id']}"
    _, arrival = await redeem(world, await code_of(world, made["id"]))
    person = arrival["person"]
    await world.does("clinician", "POST", f"rooms/{made['room']}/admit", {"person": person})
    await world.does("clinician", "POST", f"{one}/identify", {"identifiers_checked": True})
    await world.does("clinician", "POST", f"{one}/consent", {"given": True})
    await world.does("clinician", "POST", f"{one}/begin")
    body = {"resume": arrival["resume"]}
    status, back = await world.ask("POST", "/api/v1/invitations/resume", None, body)
    assert (status, back["person"]) == (200, person)
    seen = await world.does("clinician", "GET", one)
    assert (seen["state"], seen["guests"][0]["state"]) == ("in_progress", "active")


async def test_a_visit_nobody_came_to_ends_by_itself(world: World) -> None:
    made, cancelled = await schedule(world, PATIENT), await schedule(world, OTHER)
    one = f"televisits/{made['id']}"
    assert await refused(world, "clinician", "POST", f"{one}/not-attended") == "409 too-early"
    await world.does("clinician", "POST", f"televisits/{cancelled['id']}/cancel")
    world.clock.shift = timedelta(hours=26)
    world.tokens["clinician"] = await world.sign_in("clinician")

    async def is_over() -> bool:
        return bool((await world.does("clinician", "GET", one))["state"] == "not_attended")

    await eventually(is_over)
    again = f"televisits/{cancelled['id']}"
    assert (await world.does("clinician", "GET", again))["state"] == "cancelled"
    assert await refused(world, "clinician", "POST", f"{again}/links", {}) == "409 televisit-moved"
