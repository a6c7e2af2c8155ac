"""Errors → RFC 9457 problem+json, once."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from pydantic import ValidationError

from server.domain.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    LimitExceeded,
    NotFound,
    Unauthenticated,
    Unavailable,
)
from server.services.ports.clock import Fresh
from server.web.models import FieldProblem, Problem

log = structlog.get_logger(__name__)

STATUS = {
    "invalid": 422,
    "unauthenticated": 401,
    "credentials-invalid": 401,
    "otp-required": 401,
    "otp-invalid": 401,
    "refresh-reused": 401,
    "account-pending": 403,
    "account-suspended": 403,
    "enrolment-required": 403,
    "demo-refused": 403,
    "forbidden": 403,
    "not-permitted": 403,
    "not-found": 404,
    "link-invalid": 404,
    "method-not-allowed": 405,
    "conflict": 409,
    "room-locked": 409,
    "room-closed": 409,
    "waiting": 409,
    "negotiation-stale": 409,
    "limit-exceeded": 413,
    "type-refused": 415,
    "range-invalid": 416,
    "hash-mismatch": 422,
    "sdp-invalid": 422,
    "rate-limited": 429,
    "internal": 500,
    "unavailable": 503,
    "media-full": 503,
    "media-unavailable": 503,
}
_STATUS_OF_CLASS = (
    (Invalid, 422),
    (Unauthenticated, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (Conflict, 409),
    (LimitExceeded, 413),
    (Unavailable, 503),
)
"""What a service's own code means to HTTP, when the table above does not say."""
_MEMBERS = ("errors", "id", "retry_after", "limit", "by", "line", "entry", "why")
_CODE_OF_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "limit-exceeded"}


def problem_response(
    code: str, detail: str | None = None, *, status: int | None = None, **extra: Any
) -> web.Response:
    """A problem+json response; `extra` fills the optional members of Problem."""
    status = status or STATUS.get(code, 400)
    known = {key: extra[key] for key in _MEMBERS if key in extra}
    problem = Problem(
        title=HTTPStatus(status).phrase, status=status, code=code, detail=detail, **known
    )
    headers = {"Cache-Control": "no-store"}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if problem.retry_after is not None:
        headers["Retry-After"] = str(math.ceil(problem.retry_after))
    body = problem.model_dump_json(exclude_none=True)
    return web.Response(
        text=body, status=status, headers=headers, content_type="application/problem+json"
    )


def _refused(error: DomainError) -> web.Response:
    details = dict(error.details)
    path = details.pop("path", None)
    if path is not None:
        details["errors"] = [FieldProblem(path=path, message=str(error))]
    return problem_response(error.code, str(error), status=_status(error), **details)


def _status(error: DomainError) -> int | None:
    kinds = (status for kind, status in _STATUS_OF_CLASS if isinstance(error, kind))
    return STATUS.get(error.code) or next(kinds, None)


def _invalid(error: ValidationError) -> web.Response:
    problems = [
        FieldProblem(path=".".join(map(str, one["loc"])), message=one["msg"])
        for one in error.errors(include_url=False, include_context=False, include_input=False)[:50]
    ]
    return problem_response("invalid", "The request does not match the schema.", errors=problems)


def _http(error: web.HTTPException) -> web.Response:
    code = _CODE_OF_STATUS.get(error.status, "invalid")
    response = problem_response(code, error.reason, status=error.status)
    if "Allow" in error.headers:
        response.headers["Allow"] = error.headers["Allow"]
    return response


def translate(fresh: Fresh) -> Middleware:
    """The middleware that turns exceptions into responses."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except DomainError as error:
            return _refused(error)
        except ValidationError as error:
            return _invalid(error)
        except web.HTTPException as error:
            if error.status < HTTPStatus.BAD_REQUEST:
                raise
            return _http(error)
        except ConnectionResetError:
            raise
        except Exception as error:
            code = getattr(error, "code", None)
            if isinstance(code, str) and code in STATUS:
                return problem_response(code, str(error))
            number = fresh.id()
            log.exception("request-failed", error_id=number, route=_route(request))
            return problem_response(
                "internal", "Unexpected; the id finds it in the log.", id=number
            )

    return middleware


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unmatched"
