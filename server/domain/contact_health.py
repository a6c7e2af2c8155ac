"""Whether messages still leave: a gateway or mail server that fails or says nothing any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from server.domain.contact_messages import Message, MessageState

WINDOW = timedelta(hours=12)
"""What is looked back at: a shift."""
REPORT_TIME = timedelta(minutes=5)
"""How soon a gateway tells what became of a message."""
LIMIT = 3
"""Failures, or messages without a report, that are no accident any more."""
_OUT_OF_REACH = frozenset({"timeout", "unreachable"})


def trouble(recent: Sequence[Message], now: datetime, *, reports: bool) -> Mapping[str, int] | None:
    """What is wrong: attempts that `failed` since anything was taken, or messages `unreported`.

    A refusal may be the address's fault, so that it counts once for each contact. `reports`:
    whoever carries these says later what became of them.
    """
    taken = [one.ended_at for one in recent if one.ended_at and _was_taken(one)]
    since = max(taken, default=None)
    failing = [
        one for one in recent if one.error in _OUT_OF_REACH | {"refused"} and _is_after(one, since)
    ]
    tried = sum(one.attempts for one in failing if one.error in _OUT_OF_REACH)
    failed = tried + len({one.method for one in failing if one.error == "refused"})
    if failed >= LIMIT:
        return {"failed": failed}
    if not reports:
        return None
    told = max((one.ended_at for one in recent if one.ended_at and _was_told(one)), default=None)
    unreported = [
        one
        for one in recent
        if one.state is MessageState.SENT
        and one.ended_at is not None
        and one.ended_at <= now - REPORT_TIME
        and _is_after(one, told)
    ]
    return {"unreported": len(unreported)} if len(unreported) >= LIMIT else None


def _was_told(one: Message) -> bool:
    return one.state is MessageState.DELIVERED or one.error == "undelivered"


def _was_taken(one: Message) -> bool:
    return one.state is MessageState.SENT or _was_told(one)


def _is_after(one: Message, since: datetime | None) -> bool:
    return since is None or one.created_at > since
