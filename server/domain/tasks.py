"""Tasks: what waits for a person now, whichever service it belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from server.domain.instants import rfc3339

TASKS_LIMIT = 100


class Urgency(StrEnum):
    """When it must be done."""

    NOW = "now"
    TODAY = "today"
    LATER = "later"


_ORDER = (Urgency.NOW, Urgency.TODAY, Urgency.LATER)
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Task:
    """One line of the home page; `place` is the client's path where it is done."""

    kind: str
    subject: str
    title: str
    urgency: Urgency
    place: str
    due_at: datetime | None = None

    def to_wire(self) -> dict[str, Any]:
        """*Task* of docs/protocol.md."""
        return {
            "kind": self.kind,
            "subject": self.subject,
            "title": self.title,
            "urgency": self.urgency.value,
            "place": self.place,
            "due_at": rfc3339(self.due_at) if self.due_at else None,
        }


def in_order(tasks: Iterable[Task]) -> list[Task]:
    """The most urgent first, then the earliest due; no more than a person can read."""
    ordered = sorted(tasks, key=lambda one: (_ORDER.index(one.urgency), one.due_at or _NEVER))
    return ordered[:TASKS_LIMIT]
