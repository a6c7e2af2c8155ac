"""OpenAPI 3.1 from the routes' own models."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from openapi_pydantic import OpenAPI
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from server.web.models import Nothing, Problem
from server.web.routing import IDEMPOTENCY_KEY, Route

_PARAMETER = re.compile(r"{(\w+)(?::[^}]*)?}")


def describe(routes: Iterable[Route], version: str) -> dict[str, Any]:
    """The OpenAPI document as JSON values."""
    routes = list(routes)
    schemas = _Schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        if route.method != "OPTIONS":
            path = _PARAMETER.sub(r"{\1}", route.path)
            paths.setdefault(path, {})[route.method.lower()] = _operation(route, schemas)
    document = OpenAPI.model_validate(
        {
            "openapi": "3.1.1",
            "info": {"title": "Guardline", "version": version, "description": _INTRODUCTION},
            "servers": [{"url": "/"}],
            "paths": paths,
            "components": {
                "schemas": schemas.definitions,
                "securitySchemes": {
                    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
                },
            },
            "security": [{"bearer": []}],
        }
    )
    described: dict[str, Any] = document.model_dump(mode="json", by_alias=True, exclude_none=True)
    return described


_INTRODUCTION = (
    "Rooms, chat and documents of a regional health network. Errors are RFC 9457 problem "
    "details with a stable `code`. Times are RFC 3339 in UTC."
)


class _Schemas:
    """The JSON Schemas of every body and answer, each once under `components`."""

    def __init__(self, routes: Iterable[Route]) -> None:
        models: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {
            (Problem, "serialization"): None
        }
        for route in routes:
            if route.body is not Nothing:
                models[route.body, "validation"] = None
            for model in route.answers.values():
                if model is not None:
                    models[model, "serialization"] = None
        references, whole = models_json_schema(
            list(models), ref_template="#/components/schemas/{model}"
        )
        self._references = references
        self.definitions: dict[str, Any] = whole.get("$defs", {})

    def content(
        self, model: type[BaseModel], mode: JsonSchemaMode, kind: str = "application/json"
    ) -> dict[str, Any]:
        """A media type object that refers to the model."""
        return {kind: {"schema": self._references[model, mode]}}


def _operation(route: Route, schemas: _Schemas) -> dict[str, Any]:
    name = getattr(route.handler, "__name__", route.path)
    operation: dict[str, Any] = {
        "operationId": f"{route.tag}.{name}",
        "tags": [route.tag],
        "summary": route.summary,
        "parameters": [*_path_parameters(route), *_query_parameters(route), *_headers(route)],
        "responses": _responses(route, schemas),
    }
    if route.public:
        operation["security"] = []
    if route.body is not Nothing:
        operation["requestBody"] = {
            "required": True,
            "content": schemas.content(route.body, "validation"),
        }
    elif route.streams and route.method in {"PATCH", "POST"}:
        binary = {"application/offset+octet-stream": {"schema": {"type": "string"}}}
        operation["requestBody"] = {"content": binary}
    return operation


def _responses(route: Route, schemas: _Schemas) -> dict[str, Any]:
    answers = route.answers or {200: None}
    responses: dict[str, Any] = {}
    for status, model in answers.items():
        responses[str(status)] = {"description": route.summary}
        if model is not None:
            responses[str(status)]["content"] = schemas.content(model, "serialization")
    problem = schemas.content(Problem, "serialization", "application/problem+json")
    if route.tag == "fhir":
        problem = {"application/fhir+json": {"schema": {"type": "object"}}}
    responses["default"] = {"description": "A problem", "content": problem}
    return responses


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(route.path)
    ]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    schema = route.query.model_json_schema()
    required = schema.get("required", [])
    definitions = schema.get("$defs", {})
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": _inline(one, definitions),
        }
        for name, one in schema.get("properties", {}).items()
    ]


def _inline(schema: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inline(one, definitions) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inline(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    return {key: _inline(value, definitions) for key, value in schema.items()}


def _headers(route: Route) -> list[dict[str, Any]]:
    if not (route.creates or route.own_key):
        return []
    schema = {"type": "string", "minLength": 1, "maxLength": 64}
    return [{"name": IDEMPOTENCY_KEY, "in": "header", "required": False, "schema": schema}]
