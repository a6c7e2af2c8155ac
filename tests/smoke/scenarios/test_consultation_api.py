"""A case goes to the expert centre and comes back with an outcome, through REST alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.smoke.api.world import PEOPLE, TUS, World, metadata

CASE = {
    "patient": {
        "name": "Mario Rossi",
        "birth_date": "1961-04-02",
        "identifier": "RSSMRA61D02F205X",
    },
    "diagnosis": "Sacral chordoma, 6 cm",
    "question": "Is carbon ion therapy possible?",
    "prior_treatment": "Surgery in March",
}


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The composed server; a surgeon asks, the centre's oncologist and clerk answer."""
    cast = {"requester": "radiotherapist", "clerk": "clerk", "second": "pathologist"}
    for who, login in cast.items():
        monkeypatch.setitem(PEOPLE, who, login)
    async with World.start(tmp_path) as world:
        yield world


async def refused(world: World, who: str, method: str, path: str, body: Any = None) -> str:
    """A request that must be refused: status and code."""
    status, answer = await world.ask(method, f"/api/v1/{path}", world.tokens[who], body)
    assert status >= 400, answer
    return f"{status} {answer['code']}"


async def announce_upload(world: World, who: str, room: str) -> int:
    """Begin to send a document into a room; answers the status."""
    headers = TUS | {"Upload-Length": "1000", "Upload-Metadata": metadata(room, f"doc-{who}")}
    status, _ = await world.ask("POST", "/api/v1/uploads", world.tokens[who], b"", headers)
    return status


async def test_a_case_goes_to_the_centre_and_comes_back(world: World) -> None:
    free = (await world.does("requester", "GET", "slots"))["items"]
    assert len(free) >= 16, "the demo centre offers slots"
    made = await world.does("requester", "POST", "consultations", CASE)
    one, room = made["id"], made["room"]
    assert made["state"] == "described"
    assert "Rossi" not in made["title"]
    assert await refused(world, "second", "GET", f"consultations/{one}") == "404 not-found"

    slot = free[0]["id"]
    booked = await world.does("requester", "POST", f"consultations/{one}/book", {"slot": slot})
    assert (booked["state"], booked["documents_open"]) == ("requested", False)
    assert booked["appointment"]["expert"]["id"] == world.users["host"]
    left = (await world.does("requester", "GET", "slots"))["items"]
    assert slot not in {each["id"] for each in left}
    for who in ("requester", "host"):
        assert await announce_upload(world, who, room) == 403, who

    tasks = (await world.does("clerk", "GET", "me/tasks"))["items"]
    assert [(each["kind"], each["subject"]) for each in tasks] == [("consultations.confirm", one)]
    assert (
        await refused(world, "requester", "POST", f"consultations/{one}/confirm") == "403 forbidden"
    )
    confirmed = await world.does("clerk", "POST", f"consultations/{one}/confirm")
    assert (confirmed["state"], confirmed["documents_open"]) == ("confirmed", True)
    assert await refused(world, "clerk", "POST", f"consultations/{one}/confirm") == "409 wrong-step"
    for who in ("requester", "host"):
        assert await announce_upload(world, who, room) == 201, who

    ics = await world.http.get(
        f"/api/v1/consultations/{one}/calendar",
        headers={"Authorization": f"Bearer {world.tokens['requester']}"},
    )
    text = await ics.text()
    start = datetime.fromisoformat(confirmed["appointment"]["starts_at"])
    assert f"DTSTART:{start.astimezone(UTC):%Y%m%dT%H%M%SZ}" in text
    assert "Rossi" not in text
    assert "chordoma" not in text

    world.clock.shift = start - datetime.now(UTC) - timedelta(minutes=5)
    for who in ("requester", "host", "second", "clerk"):
        world.tokens[who] = await world.sign_in(who)
    for who in ("requester", "host"):
        tasks = (await world.does(who, "GET", "me/tasks"))["items"]
        assert "consultations.join" in {each["kind"] for each in tasks}, who
    body = {"person": world.users["second"]}
    await world.does("host", "POST", f"consultations/{one}/doctors", body)

    synthesis = {"text": "We go on.", "outcome": "data_missing"}
    final = f"consultations/{one}/synthesis/finalise"
    assert await refused(world, "requester", "POST", final, synthesis) == "409 opinion-missing"
    opinion = {"text": "A recent MRI is needed.", "position": "data_missing"}
    await world.does("host", "PUT", f"consultations/{one}/opinion", {"text": "Draft"})
    seen = await world.does("second", "GET", f"consultations/{one}")
    assert seen["opinions"] == [], "drafts are the author's own"
    await world.does("host", "POST", f"consultations/{one}/opinion/sign", opinion)
    signed = f"consultations/{one}/opinion/sign"
    assert await refused(world, "host", "POST", signed, opinion) == "409 already-signed"
    assert await refused(world, "requester", "POST", final, synthesis) == "409 opinion-missing"
    await world.does("second", "POST", signed, {"text": "I agree.", "position": "data_missing"})
    ended = await world.does("requester", "POST", final, synthesis)
    assert (ended["state"], ended["outcome"]) == ("supplement", "data_missing")

    body = {"text": "MRI of last week: no change."}
    await world.does("requester", "POST", f"consultations/{one}/supplements", body)
    later = (await world.does("requester", "GET", "slots"))["items"][0]["id"]
    again = await world.does("requester", "POST", f"consultations/{one}/book", {"slot": later})
    assert (again["state"], again["round"]) == ("requested", 2)
    await world.does("host", "POST", f"consultations/{one}/confirm")
    await world.does("host", "POST", signed, {"text": "Carbon ions.", "position": "eligible"})
    await world.does("second", "POST", signed, {"text": "Too large.", "position": "not_eligible"})
    synthesis = {"text": "Carbon ions are offered.", "outcome": "eligible"}
    assert (
        await refused(world, "requester", "POST", final, synthesis) == "409 disagreement-unstated"
    )
    synthesis |= {"disagreement": "The pathologist thinks it too large."}
    ended = await world.does("requester", "POST", final, synthesis)
    assert (ended["state"], ended["outcome"]) == ("concluded", "eligible")
    assert [step["move"] for step in ended["steps"]] == [
        *("described", "booked", "confirmed", "concluded"),
        *("supplemented", "booked", "confirmed", "concluded"),
    ]

    for locale in ("it", "fr", "en"):
        answer = await world.http.get(
            f"/api/v1/consultations/{one}/pdf?locale={locale}",
            headers={"Authorization": f"Bearer {world.tokens['requester']}"},
        )
        assert answer.content_type == "application/pdf"
        assert (await answer.read()).startswith(b"%PDF-")
    events = (await world.does("requester", "GET", f"rooms/{room}/events?after=0"))["events"]
    types = [each["type"] for each in events if each["type"].startswith("consultation.")]
    assert types[:3] == ["consultation.described", "consultation.booked", "consultation.confirmed"]
    assert types[-1] == "consultation.concluded"
    assert "Rossi" not in str(events)
    assert (await world.does("requester", "GET", "me/tasks"))["items"] == []
