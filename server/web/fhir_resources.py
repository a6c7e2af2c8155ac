"""FHIR R4 (4.0.1) out of what the guard knows: plain JSON values, one function per resource."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from server.domain.guard import Priority
from server.domain.instants import rfc3339
from server.domain.patients import Patient
from server.domain.reports import Report, ReportState

Json = dict[str, Any]

PRIORITIES: Mapping[str, Priority] = {
    "stat": Priority.EMERGENCY,
    "asap": Priority.URGENT,
    "urgent": Priority.URGENT,
    "routine": Priority.ROUTINE,
}
"""http://hl7.org/fhir/request-priority to ours."""
CALLS = frozenset({"PHONE", "VIDEOCONF"})
"""Media (v3-ParticipationMode) that ask for a call."""

_PRIORITY_OUT = {"emergency": "stat", "urgent": "urgent", "routine": "routine"}
_REQUEST_STATUS = {"closed": "completed", "reported": "completed", "cancelled": "revoked"}
_OUTCOMES = {"accepted": "completed", "cancelled": "stopped"}
_WAYS = {"voice": "PHONE", "email": "EMAILWRIT", "sms": "ELECTRONIC"}
_ISSUES: Mapping[int, str] = {
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    409: "conflict",
    413: "too-long",
    422: "invalid",
    429: "throttled",
    503: "transient",
}
"""HTTP's status to http://hl7.org/fhir/issue-type."""
ALERT: Json = {
    "coding": [{"system": "urn:oid:1.3.6.1.4.1.19376.1.2.5.1", "code": "alert", "display": "Alert"}]
}
"""The category that mACM gives to alerts."""
_SHA256 = "urn:oid:2.16.840.1.101.3.4.2.1"


def communication_request(request: Mapping[str, Any]) -> Json:
    """A guard request as it is shown (`Request` of docs/protocol.md)."""
    return {
        "resourceType": "CommunicationRequest",
        "id": request["id"],
        "meta": {"versionId": str(request["version"]), "lastUpdated": changed_at(request)},
        "contained": [_patient(request["patient"]), _requester(request)],
        "status": request_status(request),
        "category": [ALERT],
        "priority": _PRIORITY_OUT[request["priority"]],
        "subject": {"reference": "#patient"},
        "payload": [{"contentString": request["question"]}],
        "authoredOn": request["created_at"],
        "requester": {"reference": "#requester"},
        "recipient": [_service(request)],
    } | ({"medium": [_medium("PHONE")]} if request["wants_call"] else {})


def request_status(request: Mapping[str, Any]) -> str:
    """How far an alert is, as CommunicationRequest says it."""
    return _REQUEST_STATUS.get(request["state"], "active")


def changed_at(request: Mapping[str, Any]) -> str:
    """When something happened to a request last."""
    at: str = request["log"][-1]["at"] if request.get("log") else request["created_at"]
    return at


def communications(requests: Sequence[Mapping[str, Any]]) -> list[Json]:
    """ITI-85: what became of requests, and of each alert; nothing of the patient."""
    found = []
    for request in requests:
        based_on = [{"reference": f"CommunicationRequest/{request['id']}"}]
        found.append(_state(request, based_on))
        for index, one in enumerate(request["notifications"]):
            found.append(_communication(request, index, one, based_on))
    return found


def searchset(found: Sequence[Json], address: str, asked: str) -> Json:
    """What a search found; `asked` is the address that was asked (R4 §3.1.1.1.1)."""
    entries = [
        {
            "fullUrl": f"{address}/{one['resourceType']}/{one['id']}",
            "resource": one,
            "search": {"mode": "match"},
        }
        for one in found
    ]
    bundle: Json = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(entries),
        "link": [{"relation": "self", "url": asked}],
    }
    return bundle | ({"entry": entries} if entries else {})


def outcome(status: int, code: str, said: str, paths: Sequence[str] = ()) -> Json:
    """Why something was refused (R4 §2.29)."""
    issue: Json = {
        "severity": "error",
        "code": _ISSUES.get(status, "exception" if status >= 500 else "processing"),
        "details": {"text": code},
        "diagnostics": said,
    }
    return {
        "resourceType": "OperationOutcome",
        "issue": [issue | ({"expression": list(paths)} if paths else {})],
    }


def diagnostic_report(report: Report, patient: Patient | None) -> Json:
    """A signed report; what others than the author see."""
    signature = report.signatures[-1]
    issued = max([signature.at, *(each.at for each in report.addenda)])
    resource: Json = {
        "resourceType": "DiagnosticReport",
        "id": report.id,
        "meta": {"versionId": str(signature.version), "lastUpdated": rfc3339(issued)},
        "identifier": [
            {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{report.id}"},
            {"system": _SHA256, "value": signature.sha256},
        ],
        "status": _status(report),
        "category": [_coded("http://terminology.hl7.org/CodeSystem/v2-0074", "RAD", "Radiology")],
        "code": _coded("http://loinc.org", "18748-4", "Diagnostic imaging study")
        | {"text": report.title},
        "issued": rfc3339(issued),
        "resultsInterpreter": [{"display": f"{signature.name}, {signature.qualification}"}],
        "presentedForm": _forms(report),
    }
    if report.conclusion:
        resource["conclusion"] = report.conclusion
    if patient is not None:
        resource["contained"] = [_patient(patient.to_wire())]
        resource["subject"] = {"reference": "#patient"}
    return resource


def capability(version: str, address: str, at: str) -> Json:
    """What this end can do (R4 §5.1, CapabilityStatement)."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": at,
        "kind": "instance",
        "software": {"name": "Guardline", "version": version},
        "implementation": {"description": "Radiology guard", "url": address},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "documentation": "Alert Aggregator of IHE ITI mACM: ITI-84 and ITI-85.",
                "security": {"description": "Bearer token of an integrator's account over TLS."},
                "resource": [
                    {
                        "type": "CommunicationRequest",
                        "documentation": "Mobile Report Alert [ITI-84], Query for Alert Status",
                        "interaction": [
                            {"code": "create"},
                            {"code": "read"},
                            {"code": "search-type"},
                        ],
                        "versioning": "versioned",
                        "conditionalCreate": False,
                        "searchParam": [
                            {"name": "_id", "type": "token"},
                            {"name": "status", "type": "token"},
                        ],
                    },
                    {
                        "type": "Communication",
                        "documentation": "Query for Alert Status [ITI-85]",
                        "interaction": [{"code": "read"}, {"code": "search-type"}],
                        "searchParam": [
                            {"name": "_id", "type": "token"},
                            {"name": "based-on", "type": "reference"},
                            {"name": "status", "type": "token"},
                        ],
                    },
                    {"type": "DiagnosticReport", "interaction": [{"code": "read"}]},
                ],
            }
        ],
    }


def _status(report: Report) -> str:
    if report.state is ReportState.FINAL:
        return "appended" if report.addenda else "final"
    return "preliminary"


def _forms(report: Report) -> Sequence[Json]:
    texts = [("Findings", report.findings)]
    texts += [("Critical finding", one.text) for one in report.criticals]
    texts += [(f"Addendum, {one.name}, {rfc3339(one.at)}", one.text) for one in report.addenda]
    return [
        {
            "contentType": "text/plain; charset=utf-8",
            "title": title,
            "data": base64.b64encode(text.encode()).decode(),
        }
        for title, text in texts
        if text
    ]


def _state(request: Mapping[str, Any], based_on: list[Json]) -> Json:
    """The request as a whole, for whoever asks how far it is."""
    by = request["accepted_by"]
    ended = {"closed": "completed", "reported": "completed", "cancelled": "stopped"}
    said = request["state"] if by is None else f"{request['state']}: {by['name']}"
    return {
        "resourceType": "Communication",
        "id": request["id"],
        "basedOn": based_on,
        "category": [ALERT],
        "status": ended.get(request["state"], "in-progress"),
        "priority": _PRIORITY_OUT[request["priority"]],
        "sent": request["created_at"],
        "recipient": [_service(request)],
        "payload": [{"contentString": said}],
        "note": [{"text": f"Telephone {request['phone']}."}],
    }


def _communication(
    request: Mapping[str, Any], index: int, one: Mapping[str, Any], based_on: list[Json]
) -> Json:
    ending = one["outcome"]
    status = _OUTCOMES.get(ending, "not-done") if ending else "in-progress"
    said = "seen" if one["seen_at"] else "delivered" if one["delivered_at"] else "notified"
    resource: Json = {
        "resourceType": "Communication",
        "id": f"{request['id']}-{index}",
        "basedOn": based_on,
        "category": [ALERT],
        "status": status,
        "medium": [_way(one["channel"])],
        "sent": one["notified_at"],
        "recipient": [{"display": one["name"]}],
        "payload": [{"contentString": ending or said}],
    }
    if one["delivered_at"]:
        resource["received"] = one["delivered_at"]
    if ending:
        resource["statusReason"] = {"text": ending}
    return resource


def _patient(patient: Mapping[str, Any]) -> Json:
    return {
        "resourceType": "Patient",
        "id": "patient",
        "identifier": [{"value": patient["identifier"]}],
        "name": [{"text": patient["name"]}],
        "birthDate": patient["birth_date"],
    }


def _requester(request: Mapping[str, Any]) -> Json:
    return {
        "resourceType": "Practitioner",
        "id": "requester",
        "name": [{"text": request["requester"]["name"]}],
        "telecom": [{"system": "phone", "value": request["call_back"]}],
    }


def _service(request: Mapping[str, Any]) -> Json:
    reference = f"HealthcareService/{request['service']}"
    return {"reference": reference, "display": request["service_name"]}


def _medium(code: str) -> Json:
    return _coded("http://terminology.hl7.org/CodeSystem/v3-ParticipationMode", code, "telephone")


def _way(channel: str) -> Json:
    """Pages and Web Push are written online."""
    code = _WAYS.get(channel, "ONLINEWRIT")
    system = "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode"
    return {"coding": [{"system": system, "code": code}], "text": channel}


def _coded(system: str, code: str, display: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": display}]}
