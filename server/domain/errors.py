"""Errors with stable codes; each edge translates them once (docs/protocol.md §1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class DomainError(Exception):
    """A refusal that a caller may read: `code` is stable, `details` are safe to show."""

    code: ClassVar[str] = "internal"
    message: ClassVar[str] = "Something went wrong."

    def __init__(self, message: str | None = None, **details: Any) -> None:
        super().__init__(message or self.message)
        self.details: Mapping[str, Any] = details


class Invalid(DomainError):
    """The input breaks a rule of the domain."""

    code = "invalid"
    message = "The request is not valid."


class Unauthenticated(DomainError):
    """Nobody, or nobody any more: no token, or an expired, altered or revoked one."""

    code = "unauthenticated"
    message = "Sign in first."


class Forbidden(DomainError):
    """Known resource, not permitted."""

    code = "forbidden"
    message = "You are not permitted to do this."


class EnrolmentRequired(Forbidden):
    """This session may only enrol a second factor."""

    code = "enrolment-required"
    message = "Enrol a second factor first."


class NotFound(DomainError):
    """Missing, or hidden from a stranger."""

    code = "not-found"
    message = "There is no such thing here."


class Conflict(DomainError):
    """The resource moved on, or a key was reused for something else."""

    code = "conflict"
    message = "This is no longer possible."


class LimitExceeded(DomainError):
    """A size or count limit; `limit` names it."""

    code = "limit-exceeded"
    message = "A limit was reached."


class RateLimited(DomainError):
    """Too many tries; `retry_after` seconds."""

    code = "rate-limited"
    message = "Too many requests: wait a little."


class Unavailable(DomainError):
    """A dependency is down; nothing was stored."""

    code = "unavailable"
    message = "The service is not available right now; nothing was stored."
