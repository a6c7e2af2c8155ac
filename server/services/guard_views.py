"""Guard requests as they are shown, in a fixed number of queries for any number of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from server.domain.guard import Request
from server.domain.instants import rfc3339
from server.domain.timeline import Event, EventType
from server.services.ports.unit_of_work import UnitOfWork

LOGGED = frozenset(kind for kind in EventType if kind.value.startswith("guard."))


async def show(uow: UnitOfWork, request: Request) -> dict[str, Any]:
    """*Request* of docs/protocol.md with its log."""
    events = await uow.events.of_types(request.room, LOGGED)
    return (await show_all(uow, [request]))[0] | {"log": [_entry(event) for event in events]}


async def show_all(uow: UnitOfWork, requests: Sequence[Request]) -> list[dict[str, Any]]:
    """Many without their logs, in the order given."""
    patients = await uow.patients.named({request.patient for request in requests})
    places = {each.id: each.name for each in await uow.organisations.all()}
    sent = await uow.guard_notifications.of_requests([request.id for request in requests])
    return [
        _wire(request)
        | {
            "patient": patients[request.patient].to_wire(),
            "organisation_name": places.get(request.organisation or ""),
            "notifications": [one.to_wire() for one in sent if one.request == request.id],
            "log": [],
        }
        for request in requests
    ]


def _wire(request: Request) -> dict[str, Any]:
    question = request.question
    return {
        "id": request.id,
        "number": request.number,
        "room": request.room,
        "service": request.service,
        "service_name": request.service_name,
        "modality": request.modality,
        "state": request.state.value,
        "priority": question.priority.value,
        "question": question.text,
        "age": question.age,
        "allergy": question.allergy,
        "creatinine": question.creatinine,
        "call_back": question.call_back,
        "wants_call": question.wants_call,
        "justify_first": question.justify_first,
        "justification": request.justification.to_wire() if request.justification else None,
        "exam_done_at": rfc3339(request.exam_done_at) if request.exam_done_at else None,
        "requester": {"id": request.requester, "name": request.requester_name},
        "created_at": rfc3339(request.created_at),
        "step": request.step,
        "next_at": rfc3339(request.next_at) if request.next_at else None,
        "accepted_by": _person(request.accepted_by, request.accepted_name),
        "accepted_at": rfc3339(request.accepted_at) if request.accepted_at else None,
        "referred_to": request.referred_to,
        "report": request.report,
        "report_state": request.report_state,
        "unheard": request.unheard.value if request.unheard else None,
        "hear_round": request.hear_round,
        "hear_to": _person(request.hear_to, request.hear_name),
        "no_cover": request.no_cover,
        "phone": request.phone,
        "version": request.version,
    }


def _person(person: str | None, name: str | None) -> dict[str, str] | None:
    return {"id": person, "name": name or ""} if person else None


def _entry(event: Event) -> dict[str, Any]:
    return {
        "at": rfc3339(event.at),
        "type": event.type.value,
        "data": dict(event.data),
        "person_name": event.sender.name if event.sender else event.data.get("name"),
    }
