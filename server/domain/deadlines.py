"""Deadlines: what must be done at an instant, kept as rows so that a restart forgets none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

BACKOFF_FIRST = timedelta(seconds=2)
BACKOFF_LONGEST = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Deadline:
    """Something due: what kind of thing, about whom or what. One per kind and subject.

    `data` holds JSON values only.
    """

    kind: str
    subject: str
    due_at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    attempts: int = 0

    def postpone(self, now: datetime) -> Deadline:
        """After a failure: again in 2, 4, 8 … 60 seconds."""
        wait = min(BACKOFF_FIRST * 2 ** min(self.attempts, 10), BACKOFF_LONGEST)
        return replace(self, attempts=self.attempts + 1, due_at=now + wait)
