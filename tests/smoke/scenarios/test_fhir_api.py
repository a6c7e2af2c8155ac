"""A hospital's own system asks in FHIR R4: alert in (ITI-84), state out (ITI-85), report."""

from __future__ import annotations

from typing import Any

from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.communication import Communication
from fhir.resources.R4B.communicationrequest import CommunicationRequest
from fhir.resources.R4B.diagnosticreport import DiagnosticReport

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


async def state(world: World, request: str) -> dict[str, Any]:
    """ITI-85: each Communication by its id, every one valid."""
    path = f"fhir/Communication?based-on=CommunicationRequest/{request}"
    bundle = await world.does("integrator", "GET", path)
    Bundle.model_validate(bundle)
    found = [Communication.model_validate(one["resource"]) for one in bundle["entry"]]
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
        assert status in (404, 422), (body, answer)


async def test_the_capabilities_are_said_to_everybody(world: World) -> None:
    status, answer = await world.ask("GET", f"{FHIR}/metadata", None)
    assert status == 200
    assert CapabilityStatement.model_validate(answer).fhirVersion == "4.0.1"
