"""A study goes from one hospital to a radiologist and back to everybody it concerns, by REST."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from tests.dicom import dicom
from tests.smoke.api.world import PEOPLE, TUS, World, patch_headers

PATIENT = {
    "name": "Anna Bianchi",
    "birth_date": "1960-05-01",
    "identifier": "BNCNNA60E41F205X",
}
IDENTIFIERS = {"birth_date": "1960-05-01", "identifier": "bncnna60e41f205x"}
CAST = {
    "technician": "technician",  # at North, which asks
    "site": "radiotherapist",  # at North too
    "reader": "radiologist2",
    "elsewhere": "oncologue",  # at South
    "gp": "gp",
    "another-gp": "casemanager",
}


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """The composed server with a hospital that asks, one that reads and one that looks."""
    for who, login in CAST.items():
        monkeypatch.setitem(PEOPLE, who, login)
    async with World.start(tmp_path) as world:
        yield world


async def send(world: World, who: str, room: str, name: str, data: bytes) -> str:
    """Upload a DICOM file; answers the document's id."""
    fields = {
        "room": room,
        "filename": name,
        "filetype": "application/dicom",
        "sha256": hashlib.sha256(data).hexdigest(),
        "client_id": name,
    }
    pairs = (f"{key} {base64.b64encode(text.encode()).decode()}" for key, text in fields.items())
    headers = {"Upload-Length": str(len(data)), "Upload-Metadata": ",".join(pairs)} | TUS
    answer = await world.does(who, "POST", "uploads", b"", **headers)
    upload = str(answer["Location"]).rpartition("/")[2]
    await world.does(who, "PATCH", f"uploads/{upload}", data, **patch_headers())
    return upload


async def refused(world: World, who: str | None, method: str, path: str, body: Any = None) -> str:
    """A request that must be refused: status and code."""
    token = None if who is None else world.tokens[who]
    status, answer = await world.ask(method, f"/api/v1/{path}", token, body)
    assert status >= 400, answer
    return f"{status} {answer['code']}"


async def pdf(world: World, method: str, path: str, who: str | None, body: Any = None) -> PdfReader:
    """A downloaded paper."""
    headers = {} if who is None else {"Authorization": f"Bearer {world.tokens[who]}"}
    async with world.http.request(method, f"/api/v1/{path}", json=body, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        assert answer.content_type == "application/pdf"
        return PdfReader(io.BytesIO(await answer.read()))


async def tasks(world: World, who: str) -> list[str]:
    """What waits for somebody, as far as studies go."""
    found = (await world.does(who, "GET", "me/tasks"))["items"]
    return [one["kind"] for one in found if one["kind"].startswith("studies.")]


async def actions(world: World, subject: str) -> list[str]:
    """What the audit says of a study."""
    entries = (await world.does("admin", "GET", "audit?limit=500"))["items"]
    return [one["action"] for one in entries if one["subject"] == subject]


async def reported(world: World) -> dict[str, Any]:
    """A study with a final report."""
    body = {"title": "TC torace", "question": "Embolia?", "patient": PATIENT}
    study = await world.does("technician", "POST", "studies", body | {"gp": world.users["gp"]})
    await send(world, "technician", study["room"], "1.dcm", dicom())
    one = f"studies/{study['id']}"
    body = {"radiologist": world.users["reader"]}
    study = await world.does("technician", "POST", f"{one}/assign", body)
    report = f"reports/{study['report']['id']}"
    text = {"version": 0, "findings": "Nessun trombo.", "conclusion": "Negativo."}
    await world.does("reader", "PUT", report, text)
    signing = {"version": 1, "attestation": "PACS certificato 7.2"}
    await world.does("reader", "POST", f"{report}/sign", signing)
    return dict(await world.does("technician", "GET", one))


async def test_a_study_is_read_elsewhere_and_shared(world: World) -> None:
    body = {"title": "TC torace", "question": "Embolia?", "urgent": True, "patient": PATIENT}
    body |= {"gp": world.users["gp"]}
    assert await refused(world, "gp", "POST", "studies", body) == "403 forbidden"
    study = await world.does("technician", "POST", "studies", body)
    one, room = f"studies/{study['id']}", study["room"]
    title = (await world.does("technician", "GET", f"rooms/{room}"))["title"]
    assert title == "TC torace · A.B."
    for who in ("elsewhere", "gp", "reader"):
        assert await refused(world, who, "GET", one) == "404 not-found"

    assign = {"radiologist": world.users["reader"]}
    asked = ("technician", "POST", f"{one}/assign")
    assert await refused(world, *asked, assign) == "409 study-empty"
    right = await send(world, "technician", room, "1.dcm", dicom())
    wrong = await send(world, "technician", room, "2.dcm", dicom(patient_id="ALTRO"))
    seen = await world.does("technician", "GET", one)
    assert seen["images"]["mismatched"] == [{"document": wrong, "verdict": "other-patient"}]
    assert await refused(world, *asked, assign) == "409 images-mismatch"
    await world.does("technician", "DELETE", f"rooms/{room}/documents/{wrong}")
    nobody = {"radiologist": world.users["gp"]}
    assert await refused(world, *asked, nobody) == "422 invalid"
    study = await world.does(*asked, assign)
    assert (study["state"], study["images"]["instances"]) == ("assigned", 1)

    assert await tasks(world, "reader") == ["studies.report"]
    documents = (await world.does("reader", "GET", f"rooms/{room}/documents"))["items"]
    assert [each["id"] for each in documents] == [right]
    report = f"reports/{study['report']['id']}"
    text = {"version": 0, "findings": "Nessun trombo — ≤ 3 mm.", "conclusion": "Negativo."}
    await world.does("reader", "PUT", report, text)
    seen = await world.does("technician", "GET", one)
    assert seen["report"]["findings"] == "", "unsigned words are the author's own"
    sign = ("reader", "POST", f"{report}/sign")
    assert await refused(world, *sign, {"version": 1}) == "422 attestation-required"
    late = await send(world, "technician", room, "3.dcm", dicom(birth_date="19610501"))
    signing = {"version": 1, "attestation": "PACS certificato 7.2"}
    assert await refused(world, *sign, signing) == "409 images-unchecked"
    await world.does("reader", "GET", one)
    assert await refused(world, *sign, signing) == "409 images-mismatch"
    await world.does("technician", "DELETE", f"rooms/{room}/documents/{late}")
    signed = await world.does(*sign, signing)
    assert (signed["state"], signed["signatures"][0]["name"]) == ("final", "Demo Rocco Radiologi")

    assert await tasks(world, "reader") == []
    for who in ("technician", "gp"):
        assert await tasks(world, who) == ["studies.read"], who
        seen = await world.does(who, "GET", one)
        assert seen["report"]["conclusion"] == "Negativo."
        assert await tasks(world, who) == [], who
    assert (await world.does("gp", "GET", one))["standing"] == "reader"
    shared = (await world.does("gp", "GET", "studies?view=shared"))["items"]
    assert [each["id"] for each in shared] == [study["id"]]
    assert (await world.does("site", "GET", one))["standing"] == "site"
    paper = await pdf(world, "GET", f"{one}/pdf?locale=fr", "gp")
    printed = paper.pages[0].extract_text()
    assert "Nessun trombo — ≤ 3 mm." in printed
    assert "DÉMONSTRATION" in printed
    assert "PACS certificato 7.2" in printed
    trail = await actions(world, study["id"])
    assert {"study.read", "study.assigned", "study.reported", "study.printed"} <= set(trail)


async def test_other_hospitals_need_consent(world: World) -> None:
    study = await reported(world)
    one = f"studies/{study['id']}"
    find = ("elsewhere", "POST", "studies/find", IDENTIFIERS)
    assert await refused(world, "elsewhere", "GET", one) == "404 not-found"
    assert (await world.does(*find))["items"] == []
    assert await refused(world, "gp", "PUT", f"{one}/consent", {"given": True}) == "403 forbidden"
    given = await world.does("site", "PUT", f"{one}/consent", {"given": True})
    assert given["consent_at"] is not None
    assert [each["id"] for each in (await world.does(*find))["items"]] == [study["id"]]
    stranger = IDENTIFIERS | {"birth_date": "1961-05-01"}
    nothing = await world.does("elsewhere", "POST", "studies/find", stranger)
    assert nothing["items"] == []
    seen = await world.does("elsewhere", "GET", one)
    assert (seen["standing"], seen["report"]["conclusion"]) == ("reader", "Negativo.")
    report = f"reports/{seen['report']['id']}"
    assert await refused(world, "elsewhere", "GET", report) == "404 not-found"
    await world.does("site", "PUT", f"{one}/consent", {"given": False})
    assert await refused(world, "elsewhere", "GET", one) == "404 not-found"
    trail = await actions(world, study["id"])
    assert trail.count("study.consented") == trail.count("study.unconsented") == 1


async def test_the_patient_opens_a_link_once_with_a_second_factor(world: World) -> None:
    study = await reported(world)
    one = f"studies/{study['id']}"
    assert await refused(world, "gp", "POST", f"{one}/links") == "403 forbidden"
    shared = await world.does("technician", "POST", f"{one}/links", {"expires_in_days": 2})
    address, _, code = shared["link"].partition("#")
    assert address.endswith("/results")
    right = {"code": code, "birth_date": "1960-05-01", "pin": shared["pin"]}
    wrong_pin = f"{(int(shared['pin']) + 1) % 1_000_000:06d}"
    opening = (None, "POST", "results/open")
    assert await refused(world, *opening, right | {"pin": wrong_pin}) == "403 result-refused"
    wrong_day = right | {"birth_date": "1960-05-02"}
    assert await refused(world, *opening, wrong_day) == "403 result-refused"
    assert await refused(world, *opening, right | {"code": "x" * 43}) == "404 link-invalid"
    status, result = await world.ask("POST", "/api/v1/results/open", None, right)
    assert status == 200, result
    assert result["conclusion"] == "Negativo."
    assert "Bianchi" not in str(result), "who reads knows who it is"
    assert await refused(world, *opening, right) == "404 link-invalid"
    reading = {"reading": result["reading"], "locale": "it"}
    paper = await pdf(world, "POST", "results/pdf", None, reading)
    assert "Negativo." in paper.pages[0].extract_text()
    links = (await world.does("technician", "GET", f"{one}/links"))["items"]
    assert [(each["tries"], each["used_at"] is not None) for each in links] == [(2, True)]
    assert "result.opened" in await actions(world, study["id"])


async def test_a_link_dies_of_wrong_codes_and_of_revocation(world: World) -> None:
    study = await reported(world)
    one = f"studies/{study['id']}"
    first = await world.does("technician", "POST", f"{one}/links")
    wrong = {"code": first["link"].partition("#")[2], "birth_date": "1960-05-02"}
    wrong |= {"pin": first["pin"]}
    for _ in range(5):
        assert await refused(world, None, "POST", "results/open", wrong) == "403 result-refused"
    right = wrong | {"birth_date": "1960-05-01"}
    assert await refused(world, None, "POST", "results/open", right) == "429 rate-limited"
    second = await world.does("technician", "POST", f"{one}/links")
    await world.does("technician", "DELETE", f"{one}/links/{second['id']}")
    revoked = right | {"code": second["link"].partition("#")[2], "pin": second["pin"]}
    assert await refused(world, None, "POST", "results/open", revoked) == "404 link-invalid"
