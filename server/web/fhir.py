"""FHIR R4 for hospitals' own systems: IHE mACM alerts in (ITI-84), their state and reports out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from email.utils import format_datetime
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from server.domain.errors import Invalid, NotFound
from server.domain.guard import CALL_BACK_LIMIT, QUESTION_LIMIT, Question
from server.domain.patients import Identity
from server.services.guard_requests import FileRequest
from server.services.idempotency import StoredAnswer
from server.web.fhir_resources import (
    CALLS,
    PRIORITIES,
    capability,
    communication_request,
    communications,
    diagnostic_report,
    searchset,
)
from server.web.models import Nothing, Strict
from server.web.routing import Call, Routes, once

routes = Routes("fhir")

BASE = "/api/v1/fhir"
LATEST = 20
Text = Annotated[str, Field(min_length=1, max_length=QUESTION_LIMIT)]
Id = Annotated[str, Field(min_length=1, max_length=120)]
Short = Annotated[str, Field(min_length=1, max_length=200)]


class _Fhir(BaseModel):
    """What we read of a resource or a type; FHIR lets senders say more."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)


class Reference(_Fhir):
    """To a contained or a known resource."""

    reference: Short | None = None


class Coding(_Fhir):
    """A code of a system."""

    code: Short | None = None


class Concept(_Fhir):
    """A CodeableConcept."""

    coding: Annotated[list[Coding], Field(max_length=10)] = Field(default_factory=list)


class Payload(_Fhir):
    """What is asked, in words."""

    contentString: Text | None = None  # noqa: N815 (named by FHIR)


class Name(_Fhir):
    """A HumanName."""

    text: Short | None = None
    family: Short | None = None
    given: Annotated[list[Short], Field(max_length=10)] = Field(default_factory=list)

    @property
    def full(self) -> str:
        """As people read it."""
        return self.text or " ".join([*self.given, *([self.family] if self.family else [])])


class Value(_Fhir):
    """An Identifier or a ContactPoint."""

    system: Short | None = None
    value: Short | None = None


class Contained(_Fhir):
    """A Patient, or whoever asks."""

    resourceType: Short  # noqa: N815
    id: Short | None = None
    name: Annotated[list[Name], Field(max_length=10)] | Short | None = None
    identifier: Annotated[list[Value], Field(max_length=20)] = Field(default_factory=list)
    telecom: Annotated[list[Value], Field(max_length=20)] = Field(default_factory=list)
    birthDate: date | None = None  # noqa: N815

    def to_identity(self, today: date) -> Identity:
        """Name, birth date and the first identifier. Raises Invalid."""
        identifier = next((one.value for one in self.identifier if one.value), None)
        names = self.name if isinstance(self.name, list) else []
        if identifier is None or self.birthDate is None or not names:
            raise Invalid(
                "The patient needs a name, an identifier and a birthDate.", path="contained"
            )
        return Identity.of(names[0].full, self.birthDate, identifier, today)

    @property
    def phone(self) -> str | None:
        """A number to call."""
        return next((one.value for one in self.telecom if one.system == "phone"), None)


class CommunicationRequestBody(_Fhir):
    """A CommunicationRequest (R4) as mACM reports an alert."""

    resourceType: Literal["CommunicationRequest"]  # noqa: N815
    status: Literal["active"]
    priority: Literal["routine", "urgent", "asap", "stat"] = "routine"
    contained: Annotated[list[Contained], Field(max_length=20)] = Field(default_factory=list)
    subject: Reference
    requester: Reference
    recipient: Annotated[list[Reference], Field(min_length=1, max_length=1)]
    payload: Annotated[list[Payload], Field(min_length=1, max_length=10)]
    medium: Annotated[list[Concept], Field(max_length=10)] = Field(default_factory=list)
    modifierExtension: Annotated[list[Any], Field(max_length=0)] = Field(  # noqa: N815
        default_factory=list
    )
    """What changes a resource's meaning must be understood, and none is (R4 §2.5.3)."""

    def to_command(self, today: date) -> FileRequest:
        """The use case's command. Raises Invalid."""
        patient = self._contained(self.subject, "subject").to_identity(today)
        call_back = self._contained(self.requester, "requester").phone
        if call_back is None or len(call_back) > CALL_BACK_LIMIT:
            raise Invalid("The requester needs a telecom of system phone.", path="contained")
        kind, _, service = (self.recipient[0].reference or "").rpartition("/")
        if kind.rpartition("/")[2] != "HealthcareService":
            raise Invalid("The recipient is a HealthcareService.", path="recipient")
        text = "\n".join(one.contentString for one in self.payload if one.contentString)
        codes = {one.code for each in self.medium for one in each.coding}
        question = Question(
            PRIORITIES[self.priority],
            text,
            call_back,
            bool(CALLS & codes),
            _age(patient.birth_date, today),
        )
        return FileRequest(service, patient, question)

    def _contained(self, reference: Reference, path: str) -> Contained:
        name = (reference.reference or "").removeprefix("#")
        found = next((one for one in self.contained if one.id == name), None)
        if found is None:
            raise Invalid("This must be contained in the request.", path=path)
        return found


class SearchQuery(Strict):
    """Of which alert, how far; of my latest ones where none is named."""

    id: Id | None = Field(default=None, alias="_id")
    status: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """Codes, any of which will do, divided by commas (R4 §3.1.1.5)."""
    format: Literal["json", "application/json", "application/fhir+json"] | None = Field(
        default=None, alias="_format"
    )

    def admits(self, resource: Mapping[str, Any]) -> bool:
        """Whether a resource has one of the codes, and the id."""
        is_it = self.id is None or resource["id"] == self.id
        return is_it and (self.status is None or resource["status"] in self.status.split(","))


class StatusQuery(SearchQuery):
    """Of which alert (ITI-85)."""

    based_on: Id | None = Field(default=None, alias="based-on")


@routes.get(f"{BASE}/metadata", answers={200: None}, public=True)
async def metadata(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """What this FHIR end can do."""
    at = call.services.clock.now().date().isoformat()
    return _answer(capability("1", _address(call), at))


@routes.post(
    f"{BASE}/CommunicationRequest",
    body=CommunicationRequestBody,
    answers={201: None},
    own_key=True,
)
async def create(call: Call[CommunicationRequestBody, Nothing]) -> web.StreamResponse:
    """Report an alert (ITI-84): a guard request of an integrator."""

    async def produce() -> StoredAnswer:
        command = call.body.to_command(call.services.clock.now().date())
        try:
            made = await call.services.care.guard.requests.report_alert(call.actor, command)
        except NotFound as error:
            raise Invalid("There is no such HealthcareService.", path="recipient") from error
        return StoredAnswer(201, json.dumps(communication_request(made)))

    stored = await once(call, call.body.model_dump_json().encode(), produce)
    resource = json.loads(stored.body or "{}")
    where = f"{_address(call)}/CommunicationRequest/{resource['id']}"
    is_minimal = "return=minimal" in call.request.headers.get("Prefer", "")  # R4 §3.1.0.1.6
    return _answer(None if is_minimal else resource, 201, {"Location": where} | _version(resource))


@routes.get(f"{BASE}/CommunicationRequest", query=SearchQuery, answers={200: None})
async def alerts(call: Call[Nothing, SearchQuery]) -> web.StreamResponse:
    """Which alerts I reported (ITI-85)."""
    found = [communication_request(one) for one in await _requests(call, call.query.id)]
    return _found(call, found)


@routes.get(f"{BASE}/CommunicationRequest/{{id}}", answers={200: None})
async def show(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """An alert as it was reported."""
    found = await call.services.care.guard.requests.get(call.actor, call.path["id"])
    resource = communication_request(found)
    return _answer(resource, headers=_version(resource))


@routes.get(f"{BASE}/Communication", query=StatusQuery, answers={200: None})
async def status(call: Call[Nothing, StatusQuery]) -> web.StreamResponse:
    """What became of an alert (ITI-85): of the request, and on each device."""
    named = call.query.based_on or (call.query.id and _request_of(call.query.id))
    return _found(call, communications(await _requests(call, named)))


@routes.get(f"{BASE}/Communication/{{id}}", answers={200: None})
async def message(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """What became of an alert, or of it on one device."""
    request = await call.services.care.guard.requests.get(call.actor, _request_of(call.path["id"]))
    found = [one for one in communications([request]) if one["id"] == call.path["id"]]
    if not found:
        raise NotFound
    return _answer(found[0])


@routes.get(f"{BASE}/DiagnosticReport/{{id}}", answers={200: None})
async def report(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """A signed report."""
    found, patient = await call.services.care.reports.signed(call.actor, call.path["id"])
    return _answer(diagnostic_report(found, patient))


async def _requests(call: Call[Any, Any], named: str | None) -> Sequence[dict[str, Any]]:
    requests = call.services.care.guard.requests
    if named is None:
        found, _ = await requests.mine(call.actor, None, None, LATEST)
        return found
    try:
        return [await requests.get(call.actor, named.rpartition("/")[2])]
    except NotFound:
        return []


def _found(call: Call[Any, Any], resources: Sequence[dict[str, Any]]) -> web.Response:
    admitted = [one for one in resources if call.query.admits(one)]
    return _answer(searchset(admitted, _address(call), str(call.request.url)))


def _request_of(communication: str) -> str:
    """A Communication is named after its request, and numbered where it is about one device."""
    return re.sub(r"-\d{1,4}$", "", communication)


def _answer(
    resource: dict[str, Any] | None, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    return web.Response(
        status=status,
        text=None if resource is None else json.dumps(resource),
        content_type="application/fhir+json",
        headers={"Cache-Control": "no-store"} | (headers or {}),
    )


def _version(resource: Mapping[str, Any]) -> dict[str, str]:
    """R4 §3.1.0.1.2: a weak entity tag, and when it changed last."""
    meta = resource["meta"]
    changed = datetime.fromisoformat(meta["lastUpdated"])
    return {
        "ETag": f'W/"{meta["versionId"]}"',
        "Last-Modified": format_datetime(changed.astimezone(UTC), usegmt=True),
    }


def _address(call: Call[Any, Any]) -> str:
    return str(call.request.url.origin().join(call.request.url.with_path(BASE))).partition("?")[0]


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
