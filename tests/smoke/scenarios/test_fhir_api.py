"""A hospital's own system asks in FHIR R4: alert in (ITI-84), state out (ITI-85), report."""

from __future__ import annotations

from typing import Any

from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.communication import Communication
from fhir.resources.R4B.communicationrequest import CommunicationRequest
from fhir.resources.R4B.diagnosticreport import DiagnosticReport
from fhir.resources.R4B.operationoutcome import OperationOutcome

from tests.smoke.api.nouns.fhir import alert, reported
from tests.smoke.api.world import World

FHIR = "/api/v1/fhir"


async def test_an_alert_is_reported_followed_and_answered_in_fhir(world: World) -> None:
    service = (await world.does("host", "GET", "guard/services"))["items"][0]
    world.ids["fhir-service"] = service["id"]
    sent = alert(world)
    CommunicationRequest.model_validate(sent)
    made = await world.does(
        "integrator", "POST", "fhir/CommunicationRequest", sent, **{"Idempotency-Key": "one"}
    )
    again = await world.does(
        "integrator", "POST", "fhir/CommunicationRequest", sent, **{"Idempotency-Key": "one"}
    )
    assert again["id"] == made["id"], "sent twice, asked once"
    assert {one["id"] for one in await search(world, "CommunicationRequest?status=active")} == {
        made["id"]
    }
    assert await search(world, "CommunicationRequest?status=revoked,completed") == []
    kept = CommunicationRequest.model_validate(made)
    assert (kept.status, kept.priority) == ("active", "stat")
    asked = await world.does("integrator", "GET", f"guard/requests/{made['id']}")
    assert (asked["priority"], asked["wants_call"], asked["state"]) == (
        "emergency",
        True,
        "alerting",
    )
    assert asked["patient"]["birth_date"] == "1949-03-12"
    assert asked["call_back"] == "+44 20 7946 0100"

    before = await state(world, made["id"])
    assert before[made["id"]].status == "in-progress"
    assert len(before) > 1, "one of the request, and one of each alert"
    report = await reported(world, made["id"])
    after = await state(world, made["id"])
    assert after[made["id"]].status == "completed"
    assert "completed" in {one.status for name, one in after.items() if name != made["id"]}
    assert "Verdi" not in str(after), "nothing of the patient in the state of an alert"

    answer = await world.does("integrator", "GET", f"fhir/DiagnosticReport/{report}")
    read = DiagnosticReport.model_validate(answer)
    assert (read.status, read.conclusion) == ("final", "Normal.")
    assert answer["contained"][0]["birthDate"] == "1949-03-12"
    await world.does("colleague", "POST", f"reports/{report}/addenda", {"text": "Seen again."})
    answer = await world.does("integrator", "GET", f"fhir/DiagnosticReport/{report}")
    assert DiagnosticReport.model_validate(answer).status == "appended"


async def search(world: World, path: str) -> list[dict[str, Any]]:
    """The resources of a searchset, which says what was asked and where each is."""
    bundle = await world.does("integrator", "GET", f"fhir/{path}")
    Bundle.model_validate(bundle)
    assert bundle["link"][0]["url"].endswith(f"{FHIR}/{path}")
    for entry in bundle.get("entry", ()):
        assert entry["search"] == {"mode": "match"}
        place = entry["fullUrl"].partition("/api/v1/")[2]
        assert await world.does("integrator", "GET", place) == entry["resource"]
    return [one["resource"] for one in bundle.get("entry", ())]


async def state(world: World, request: str) -> dict[str, Any]:
    """ITI-85: each Communication by its id, every one valid."""
    resources = await search(world, f"Communication?based-on=CommunicationRequest/{request}")
    assert all(one["category"][0]["coding"][0]["code"] == "alert" for one in resources)
    assert await search(world, f"Communication?_id={resources[0]['id']}") == resources[:1]
    found = [Communication.model_validate(one) for one in resources]
    return {str(one.id): one for one in found}


async def test_what_cannot_be_understood_is_refused(world: World) -> None:
    service = (await world.does("host", "GET", "guard/services"))["items"][0]
    world.ids["fhir-service"] = service["id"]
    good = alert(world)
    wrong: list[dict[str, Any]] = [
        good | {"contained": good["contained"][:1]},
        good | {"contained": good["contained"][1:]},
        good | {"recipient": [{"reference": "Practitioner/somebody"}]},
        good | {"recipient": [{"reference": "HealthcareService/nothing"}]},
        good | {"status": "draft"},
        good | {"modifierExtension": [{"url": "urn:not", "valueBoolean": True}]},
        {"resourceType": "Patient"},
    ]
    token = world.tokens["integrator"]
    for body in wrong:
        status, answer = await world.ask("POST", f"{FHIR}/CommunicationRequest", token, body)
        assert status == 422, (body, answer)
        [refused] = OperationOutcome.model_validate(answer).issue
        assert (refused.severity, refused.code) == ("error", "invalid")
    for path, expected in (("CommunicationRequest/x", 404), ("Communication/x-1", 404)):
        status, answer = await world.ask("GET", f"{FHIR}/{path}", token)
        assert (status, answer["issue"][0]["code"]) == (expected, "not-found")
    status, answer = await world.ask("GET", f"{FHIR}/Communication?_id=x", token)
    assert (status, answer["total"]) == (200, 0)
    status, answer = await world.ask("GET", f"{FHIR}/Communication", None)
    assert (status, answer["issue"][0]["code"]) == (401, "login")


async def test_a_create_says_where_it_is_and_which_version(world: World) -> None:
    service = (await world.does("host", "GET", "guard/services"))["items"][0]
    world.ids["fhir-service"] = service["id"]
    headers = {"Authorization": f"Bearer {world.tokens['integrator']}"}
    url = f"{FHIR}/CommunicationRequest"
    async with world.http.post(
        url, json=alert(world), headers=headers | {"Prefer": "return=minimal"}
    ) as answer:
        assert (answer.status, await answer.text()) == (201, "")
        where = answer.headers["Location"].removeprefix(world.url)
        made = answer.headers["ETag"], answer.headers["Last-Modified"]
    async with world.http.get(where, headers=headers) as answer:
        assert answer.content_type == "application/fhir+json"
        assert (answer.headers["ETag"], answer.headers["Last-Modified"]) == made
        meta = (await answer.json(content_type=None))["meta"]
        assert made[0] == f'W/"{meta["versionId"]}"'


async def test_the_capabilities_are_said_to_everybody(world: World) -> None:
    status, answer = await world.ask("GET", f"{FHIR}/metadata", None)
    assert status == 200
    assert CapabilityStatement.model_validate(answer).fhirVersion == "4.0.1"
    said = {
        one["type"]: {each["code"] for each in one["interaction"]}
        for one in answer["rest"][0]["resource"]
    }
    assert said == {
        "CommunicationRequest": {"create", "read", "search-type"},
        "Communication": {"read", "search-type"},
        "DiagnosticReport": {"read"},
    }
