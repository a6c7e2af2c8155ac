"""Studies: those of the hospital that asks, the radiologist asked; strangers see none."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from tests.dicom import dicom
from tests.servers.process import free_port
from tests.smoke.api.case import Body, Case, account, nothing
from tests.smoke.api.world import TUS, World, patch_headers

_STRANGERS = {"stranger": 404, "admin": 404, "observer": 404}
_ADMINISTRATOR = {"host": 403, "observer": 403, "stranger": 403}


def site(body: Body = nothing, study: str = "study-open", **path: str) -> Case:
    """Those of the hospital that asked; the radiologist may only look."""
    wrong = _STRANGERS | ({"colleague": 403} if study == "study-done" else {"colleague": 404})
    return Case("host", wrong, body, path={"id": f"ids:{study}"} | path)


def new_study(_world: Any) -> dict[str, Any]:
    """What is asked."""
    patient = {
        "name": "Anna Bianchi",
        "birth_date": "1960-05-01",
        "identifier": "BNCNNA60E41F205X",
    }
    return {"title": "TC torace", "patient": patient}


def _endpoint(world: World) -> dict[str, Any]:
    return {
        "organisation": world.ids["organisation"],
        "name": "PACS",
        "url": "http://127.0.0.1:9/dicom-web",
    }


def _pull(world: World) -> dict[str, Any]:
    return {"pacs": world.ids["pacs"], "study_uid": "1.2.3"}


CASES = {
    ("GET", "pacs"): Case("admin", _ADMINISTRATOR),
    ("POST", "pacs"): Case("admin", _ADMINISTRATOR, _endpoint),
    ("POST", "studies"): Case("host", {"stranger": 403, "admin": 403}, new_study),
    ("GET", "studies"): account(),
    ("POST", "studies/find"): Case(
        "host", {"admin": 403}, lambda _: {"birth_date": "1960-05-01", "identifier": "X"}
    ),
    ("GET", "rooms/{id}/study"): Case("host", _STRANGERS, path={"id": "ids:report-room"}),
    ("GET", "studies/radiologists"): Case("host", {"stranger": 403, "admin": 403}),
    ("GET", "studies/gps"): Case("host", {"stranger": 403, "admin": 403}),
    ("GET", "studies/{id}"): Case("host", _STRANGERS, path={"id": "ids:study-done"}),
    ("GET", "studies/{id}/pdf"): Case("host", _STRANGERS, path={"id": "ids:study-done"}),
    ("GET", "studies/{id}/links"): site(study="study-done"),
    ("POST", "studies/{id}/links"): site(study="study-done"),
    ("DELETE", "studies/{id}/links/{link}"): site(study="study-done", link="ids:result-link"),
    ("GET", "studies/{id}/pacs"): site(),
    ("POST", "studies/{id}/pacs/search"): site(lambda w: {"pacs": w.ids["pacs"]}),
    ("POST", "studies/{id}/pulls"): site(_pull),
    ("DELETE", "pacs/{pacs}"): Case("admin", _ADMINISTRATOR, path={"pacs": "ids:pacs"}),
    ("PUT", "studies/{id}/consent"): site(lambda _: {"given": False}, "study-done"),
    ("POST", "studies/{id}/assign"): site(lambda w: {"radiologist": w.users["colleague"]}),
}


async def furnish(world: World) -> None:
    """One study that waits, one being read, one reported with a link; and a PACS that is off."""
    ids = world.ids
    ids["study-open"] = (await _study(world))["id"]
    draft = await _assigned(world)
    ids["report-room"], ids["report-draft"] = draft["room"], draft["report"]["id"]
    noted = await world.does(
        "colleague", "POST", f"reports/{ids['report-draft']}/criticals", {"text": "Mass"}
    )
    ids["report-critical"] = noted["criticals"][0]["id"]
    done = await _assigned(world)
    ids["study-done"], ids["report-final"] = done["id"], done["report"]["id"]
    report = f"reports/{ids['report-final']}"
    text = {"version": 0, "findings": "Clear.", "conclusion": "Normal."}
    await world.does("colleague", "PUT", report, text)
    signing = {"version": 1, "attestation": "PACS 7.2"}
    await world.does("colleague", "POST", f"{report}/sign", signing)
    link = await world.does("host", "POST", f"studies/{done['id']}/links")
    ids["result-link"] = link["id"]
    body = _endpoint(world) | {"organisation": draft["organisation"]}
    body["url"] = f"http://127.0.0.1:{free_port()}/dicom-web"
    ids["pacs"] = (await world.does("admin", "POST", "pacs", body))["id"]


async def _study(world: World) -> dict[str, Any]:
    study: dict[str, Any] = await world.does("host", "POST", "studies", new_study(world))
    data = dicom()
    fields = {
        "room": study["room"],
        "filename": "1.dcm",
        "filetype": "application/dicom",
        "sha256": hashlib.sha256(data).hexdigest(),
        "client_id": study["id"],
    }
    pairs = (f"{key} {base64.b64encode(text.encode()).decode()}" for key, text in fields.items())
    headers = {"Upload-Length": str(len(data)), "Upload-Metadata": ",".join(pairs)} | TUS
    answer = await world.does("host", "POST", "uploads", b"", **headers)
    upload = str(answer["Location"]).rpartition("/")[2]
    await world.does("host", "PATCH", f"uploads/{upload}", data, **patch_headers())
    return study


async def _assigned(world: World) -> dict[str, Any]:
    study = await _study(world)
    body = {"radiologist": world.users["colleague"]}
    assigned: dict[str, Any] = await world.does(
        "host", "POST", f"studies/{study['id']}/assign", body
    )
    return assigned
