"""Problems told as FHIR tells them, on FHIR's paths."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from aiohttp import web

from server.web.fhir import BASE
from server.web.fhir_resources import outcome

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def outcomes(request: web.Request, handler: Handler) -> web.StreamResponse:
    """An OperationOutcome instead of a problem (R4 §3.1.0.1.5)."""
    response = await handler(request)
    is_problem = response.content_type == "application/problem+json"
    if not (is_problem and request.path.startswith(f"{BASE}/")):
        return response
    if isinstance(response, web.Response) and response.text is not None:
        problem = json.loads(response.text)
        paths = [one["path"] for one in problem.get("errors", ()) if one["path"]]
        said = problem.get("detail") or problem["title"]
        told = outcome(response.status, problem["code"], said, paths)
        response.text = json.dumps(told)
        response.content_type = "application/fhir+json"
    return response
