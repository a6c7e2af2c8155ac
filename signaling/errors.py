"""Errors → acknowledgements, once."""

from __future__ import annotations

from typing import Any

import structlog
from pydantic import ValidationError

from server.domain.errors import DomainError, Unavailable
from server.services.ports.clock import Fresh

PROBLEMS_MAX = 20

log = structlog.get_logger(__name__)


def to_ack(error: Exception, event: str, fresh: Fresh) -> dict[str, Any]:
    """`{error: {code, message, …}}`; the unexpected is logged under an id and hidden."""
    if isinstance(error, TimeoutError):
        error = Unavailable()
    if isinstance(error, DomainError):
        return refusal(error)
    if isinstance(error, ValidationError):
        return {"error": _invalid(error)}
    number = fresh.id()
    log.error("event failed", type=event, error_id=number, exc_info=error)
    message = "Unexpected; the id finds it in the log."
    return {"error": {"code": "internal", "message": message, "id": number}}


def refusal(error: DomainError) -> dict[str, Any]:
    """The acknowledgement of a refusal."""
    message, details = str(error), dict(error.details)
    path = details.pop("path", None)
    if path is not None:
        details["errors"] = [{"path": path, "message": message}]
    return {"error": {**details, "code": error.code, "message": message}}


def _invalid(error: ValidationError) -> dict[str, Any]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    problems = [{"path": _path(one["loc"]), "message": one["msg"]} for one in found[:PROBLEMS_MAX]]
    message = "The payload does not match the schema."
    return {"code": "invalid", "message": message, "errors": problems}


def _path(places: tuple[int | str, ...]) -> str:
    return ".".join(str(place)[:64] for place in places)
