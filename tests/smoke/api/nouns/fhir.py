"""FHIR: an integrator reports alerts and follows them; others see what they may see anyway."""

from __future__ import annotations

from typing import Any

from tests.smoke.api.case import Case, account
from tests.smoke.api.world import World

_OUTSIDE = {"stranger": 404, "admin": 404, "observer": 404}
_SEES = Case("integrator", _OUTSIDE, path={"id": "ids:fhir-alert"})


def alert(world: World) -> dict[str, Any]:
    """A CommunicationRequest (R4) for the first service."""
    return {
        "resourceType": "CommunicationRequest",
        "contained": [
            {
                "resourceType": "Patient",
                "id": "p",
                "identifier": [{"system": "urn:oid:2.16.840.1.113883.2.9.4.3.2", "value": "VRDA"}],
                "name": [{"family": "Verdi", "given": ["Anna"]}],
                "birthDate": "1949-03-12",
            },
            {
                "resourceType": "Practitioner",
                "id": "w",
                "name": [{"text": "Emergency department"}],
                "telecom": [{"system": "phone", "value": "+44 20 7946 0100"}],
            },
        ],
        "status": "active",
        "category": [
            {"coding": [{"system": "urn:oid:1.3.6.1.4.1.19376.1.2.5.1", "code": "alert"}]}
        ],
        "priority": "stat",
        "subject": {"reference": "#p"},
        "requester": {"reference": "#w"},
        "recipient": [{"reference": f"HealthcareService/{world.ids['fhir-service']}"}],
        "payload": [{"contentString": "CT head: bleeding?"}],
        "medium": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode",
                        "code": "PHONE",
                    }
                ]
            }
        ],
    }


CASES = {
    ("POST", "fhir/CommunicationRequest"): Case(
        "integrator", {"host": 403, "colleague": 403, "admin": 403}, alert
    ),
    ("GET", "fhir/CommunicationRequest"): account(),
    ("GET", "fhir/CommunicationRequest/{id}"): _SEES,
    ("GET", "fhir/Communication/{id}"): _SEES,
    ("GET", "fhir/Communication"): account(),
    ("GET", "fhir/DiagnosticReport/{id}"): Case(
        "integrator", {"stranger": 404, "admin": 404}, path={"id": "ids:fhir-report"}
    ),
}


async def furnish(world: World) -> None:
    """One alert, and a report that is signed."""
    service = (await world.does("host", "GET", "guard/services"))["items"][0]
    world.ids["fhir-service"] = service["id"]
    made = await world.does("integrator", "POST", "fhir/CommunicationRequest", alert(world))
    world.ids["fhir-alert"] = made["id"]
    world.ids["fhir-report"] = await reported(world, made["id"])


async def reported(world: World, request: str) -> str:
    """Accepted and signed; answers the report's id."""
    accepted = await world.does("colleague", "POST", f"guard/requests/{request}/accept")
    report = f"reports/{accepted['report']}"
    words = {"version": 0, "findings": "None.", "conclusion": "Normal."}
    await world.does("colleague", "PUT", report, words)
    signature = {"version": 1, "attestation": "PACS 7.2"}
    await world.does("colleague", "POST", f"{report}/sign", signature)
    return str(accepted["report"])
