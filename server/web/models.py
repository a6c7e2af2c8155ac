"""The roots of what comes in and goes out as JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer


def write_instant(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds."""
    text = at.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


Instant = Annotated[
    datetime,
    PlainSerializer(write_instant, return_type=str, when_used="json"),
]


class Strict(BaseModel):
    """What a client sends: unknown fields are refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, defer_build=True
    )


class View(BaseModel):
    """What a client receives."""

    model_config = ConfigDict(frozen=True, defer_build=True)


class Nothing(Strict):
    """No body, or no query."""


class Page(Strict):
    """The query of a list."""

    cursor: str | None = None
    limit: int = 50


class FieldProblem(View):
    """One place of the request that does not match the schema."""

    path: str
    message: str


class Problem(View):
    """RFC 9457 problem details; `code` is the stable part."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str | None = None
    errors: list[FieldProblem] | None = None
    id: str | None = None
    retry_after: float | None = None
    limit: str | None = None
    by: str | None = None
    line: int | None = None
    entry: int | None = None
    why: str | None = None
