"""Messages by contact methods: when each is sent, tried again, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from server.domain.contact_methods import ContactMethod, Kind
from server.domain.pushes import ORDINARY
from server.domain.webhooks import Outcome

RETRIES = tuple(timedelta(seconds=wait) for wait in (2, 5, 15, 60, 120, 300))
LEASE = timedelta(seconds=45)
"""Longer than an attempt may take; whoever takes a message and dies holds it no longer."""
REPEAT_FIRST = timedelta(minutes=3)
REPEAT_LONGEST = timedelta(minutes=30)
"""While an alert goes unanswered its messages come again after 3, 6, 12 … 30 minutes."""
KEPT = timedelta(days=30)
SERVICE_LIMIT = 120

CODE = "contact.code"
TEST = "contact.test"


class MessageState(StrEnum):
    """How far a message is."""

    QUEUED = "queued"
    SENT = "sent"
    """The mail server or the gateway has it."""
    DELIVERED = "delivered"
    """The gateway says that it arrived."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one method: what kind of thing waits and where, never about whom."""

    id: str
    method: str
    channel: Kind
    person: str
    kind: str
    subject: str
    place: str
    created_at: datetime
    due_at: datetime
    rank: int = ORDINARY
    """What is lower leaves first."""
    round: int = 0
    step: int = 0
    """Of the alert that it belongs to."""
    service: str = ""
    priority: str = ""
    sealed: bytes | None = None
    """A code on its way; forgotten once sent."""
    state: MessageState = MessageState.QUEUED
    attempts: int = 0
    error: str | None = None
    is_over: bool = False
    """What it was about is over: the next alert begins anew."""
    ended_at: datetime | None = None

    def after(self, outcome: Outcome, now: datetime) -> Message:
        """Sent, to be tried again, or failed for good."""
        tried = replace(self, attempts=self.attempts + 1, error=_why(outcome))
        if outcome.is_success:
            return replace(tried, state=MessageState.SENT, ended_at=now, sealed=None)
        if _is_refused(self.channel, outcome) or self.attempts >= len(RETRIES):
            return replace(tried, state=MessageState.FAILED, ended_at=now, sealed=None)
        return replace(tried, due_at=now + RETRIES[self.attempts])

    def report(self, state: MessageState, now: datetime) -> Message:
        """What the gateway learnt later."""
        error = "undelivered" if state is MessageState.FAILED else None
        return replace(self, state=state, error=error, ended_at=now, sealed=None)


def due_of(method: ContactMethod, sent: Sequence[Message], now: datetime) -> datetime | None:
    """When a method is used for an alert that sounds now; None: not for this sounding.

    The first time it waits as its person chose; while the alert goes unanswered it comes again,
    each time after twice the wait. `sent`: what went to this method about the same thing.
    """
    if not sent:
        return now + timedelta(seconds=method.after_s)
    if any(one.state is MessageState.QUEUED for one in sent):
        return None
    wait = min(REPEAT_FIRST * 2 ** min(len(sent) - 1, 10), REPEAT_LONGEST)
    return now if now - max(one.due_at for one in sent) >= wait else None


def _why(outcome: Outcome) -> str | None:
    """A stable word for people's eyes and the log."""
    if outcome.is_success:
        return None
    if outcome.status is None:
        return "timeout" if outcome.error == "timeout" else "unreachable"
    return "refused"


def _is_refused(channel: Kind, outcome: Outcome) -> bool:
    """Whether trying again is in vain: SMTP 5xx (RFC 5321 §4.2.1), HTTP 400, 410 and 422."""
    if outcome.status is None:
        return False
    if channel is Kind.EMAIL:
        return 500 <= outcome.status < 600
    return outcome.status in {400, 410, 422}
