"""The audit trail, for administrators."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from server.web.models import Instant, Nothing, Strict, View
from server.web.routing import Answer, Call, Routes

routes = Routes("audit")


class AuditQuery(Strict):
    """Which part of the trail."""

    after: int = Field(default=0, ge=0, le=2**31 - 1)
    limit: int = Field(default=100, ge=1, le=500)


class EntryView(View):
    """What happened; ids and codes only."""

    n: int
    at: Instant
    actor: str
    action: str
    subject: str
    data: dict[str, Any]


class AuditView(View):
    """A page of the trail; `next` is the following page's `after`, `names` are people's by id."""

    items: list[EntryView]
    names: dict[str, str]
    next: int | None


@routes.get("/api/v1/audit", query=AuditQuery, answers={200: AuditView}, administrator=True)
async def read(call: Call[Nothing, AuditQuery]) -> Answer:
    """Entries after a number, oldest first."""
    query = call.query
    trail = await call.services.audit.page(call.actor, query.after, query.limit)
    items = [
        EntryView(
            n=entry.n,
            at=entry.at,
            actor=entry.actor,
            action=entry.action,
            subject=entry.subject,
            data=dict(entry.data),
        )
        for entry in trail.entries
    ]
    following = items[-1].n if len(items) == query.limit else None
    names = {each.id: each.name for each in trail.named.values()}
    return Answer(200, AuditView(items=items, names=names, next=following))
