"""Who was on guard: kept whenever a rota or a service is edited, so that no edit rewrites it.

Until somebody edits, a rota answers for its own past; from then on what it said is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server.domain.rota import Rota, Shift, shifts

REACH = timedelta(days=732)
"""How far back the first edit of a rota keeps what nobody kept before."""


@dataclass(frozen=True, slots=True)
class Past:
    """What is kept of a rota in a service; everything before `until` is."""

    until: datetime | None = None
    shifts: Sequence[Shift] = ()


def unkept(rota: Rota, until: datetime | None, now: datetime) -> Sequence[Shift]:
    """What the rota, as it stands, still has to say of the time before now."""
    since = _since(until, now)
    return shifts(rota, since, now) if since < now else ()


def nobody(until: datetime | None, now: datetime) -> Sequence[Shift]:
    """What is kept of a rota that the service did not use so far."""
    since = _since(until, now)
    return [Shift(since, now, None)] if since < now else ()


def held(
    rota: Rota, past: Past, begin: datetime, end: datetime, *, is_used: bool
) -> Sequence[Shift]:
    """Who was on guard from `begin` until just before `end`; `is_used`: the service has it now."""
    kept = [
        replace(one, start=max(one.start, begin), end=min(one.end, end))
        for one in past.shifts
        if one.start < end and one.end > begin
    ]
    since = max(begin, past.until or begin)
    return [*kept, *shifts(rota, since, end)] if is_used and since < end else kept


def _since(until: datetime | None, now: datetime) -> datetime:
    return until if until is not None else now - REACH
