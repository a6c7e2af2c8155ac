"""One row of the authorisation matrix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.smoke.api.world import World

Body = Callable[[World], dict[str, Any] | bytes]


def nothing(_world: World) -> bytes:
    """No body."""
    return b""


@dataclass(frozen=True)
class Case:
    """A route's right caller, what it sends, and which standing is refused how."""

    who: str = "host"
    wrong: Mapping[str, int] = field(default_factory=dict)
    body: Body = nothing
    headers: Mapping[str, str] = field(default_factory=dict)
    path: Mapping[str, str] = field(default_factory=dict)
    """Names in `World.ids` of path parameters, or `user:` names in `World.users`."""


def account(body: Body = nothing) -> Case:
    """Every account may; a room token may not."""
    return Case(body=body)


def administrator(body: Body = nothing, user: str = "ids:pending") -> Case:
    """Administrators only."""
    return Case("admin", {"host": 403, "observer": 403}, body, path={"id": user})


def member(body: Body = nothing, **path: str) -> Case:
    """Every member of the room."""
    return Case(wrong={"stranger": 404, "admin": 404}, body=body, path=path)


def granted(body: Body = nothing, **path: str) -> Case:
    """Members with a grant that observers lack."""
    return Case(wrong={"stranger": 404, "admin": 404, "observer": 403}, body=body, path=path)


def upload(headers: Mapping[str, str], body: Body = nothing) -> Case:
    """The sender of an upload, which is hidden from everybody else."""
    wrong = {"stranger": 404, "admin": 404, "observer": 404}
    return Case(wrong=wrong, body=body, headers=headers, path={"id": "ids:upload"})
