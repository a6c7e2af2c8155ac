"""Alarms: what is wrong with the server itself, for those who keep it running."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

LEASE = timedelta(hours=1)
"""How long an alarm stands that nobody raises again."""


class AlarmKind(StrEnum):
    """What is wrong."""

    CLOCK_STEPPED = "alarm.clock_stepped"
    CLOCK_SKEWED = "alarm.clock_skewed"
    GUARD_REPAIRED = "alarm.guard_repaired"
    """A request had no next step; it has one now."""
    DRILL_FAILED = "alarm.drill_failed"
    """Somebody on guard could not be reached in a drill."""
    CONTACTS_SILENT = "alarm.contacts_silent"
    """The gateway or the mail server takes no messages, or the gateway reports nothing."""
    GUARD_LATE = "alarm.guard_late"
    """Deadlines are met late."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One kind of trouble of one subject; `data` holds JSON values and nothing of patients."""

    kind: AlarmKind
    subject: str
    raised_at: datetime
    until: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
