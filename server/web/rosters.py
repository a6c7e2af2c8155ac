"""Rosters over HTTP: CSV and iCalendar out and in, and feeds for calendar programs.

Calendar programs sign in by HTTP Basic (RFC 7617) with a password of their own: no address holds
a secret.
"""

from __future__ import annotations

import base64
import binascii
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from aiohttp import web
from pydantic import Field

from server.domain.errors import Unauthenticated
from server.domain.rosters import from_csv, to_csv
from server.domain.rota import zone_of
from server.services.rota_rosters import Taken, in_one
from server.web.calendars import calendar_response
from server.web.errors import problem_response
from server.web.models import Instant, Nothing, Strict, View
from server.web.roster_calendars import from_calendar, to_calendar
from server.web.rota_models import MemberView, ShiftsQuery
from server.web.routing import Answer, Call, Routes

routes = Routes("rotas")

TEXT_LIMIT = 200_000
SPAN = timedelta(days=91)


class Format(StrEnum):
    """How a roster is written."""

    CSV = "csv"
    CALENDAR = "ics"


class RosterBody(Strict):
    """A roster to take in as temporary shifts; a preview only tells what that would do."""

    format: Format
    text: Annotated[str, Field(min_length=1, max_length=TEXT_LIMIT)]
    replaces: bool = True
    preview: bool = False


class DutyChangeView(View):
    """A stretch that becomes another's; nobody's where it is null."""

    start: Instant
    end: Instant
    former: MemberView | None
    coming: MemberView | None


class TakenView(View):
    """How many duties come in, how many temporary shifts go for them, and who changes."""

    added: int
    removed: int
    changes: list[DutyChangeView]

    @classmethod
    def of(cls, taken: Taken) -> TakenView:
        """The view of a roster taken in, or to be."""

        def member(person: str | None) -> MemberView | None:
            found = taken.named.get(person or "")
            return None if found is None else MemberView(id=found.id, name=found.name)

        changes = [
            DutyChangeView(
                start=one.start,
                end=one.end,
                former=member(one.former),
                coming=member(one.coming),
            )
            for one in taken.changes
        ]
        return cls(added=taken.added, removed=taken.removed, changes=changes)


class FeedView(View):
    """What a calendar program is told; the password is shown this once."""

    address: str
    user: str
    password: str


@routes.get("/api/v1/rotas/{id}/roster.csv", query=ShiftsQuery, answers={200: None})
async def read_csv(call: Call[Nothing, ShiftsQuery]) -> web.StreamResponse:
    """Download a rota as CSV."""
    since = call.query.since or call.services.clock.now()
    until = call.query.until or since + SPAN
    rosters = call.services.care.rosters
    roster = await rosters.read(call.actor, call.path["id"], since, until)
    headers = {
        "Content-Disposition": 'attachment; filename="roster.csv"',
        "Cache-Control": "private, no-store",
    }
    return web.Response(text=to_csv(roster.entries), content_type="text/csv", headers=headers)


@routes.get("/api/v1/rotas/{id}/roster.ics", query=ShiftsQuery, answers={200: None})
async def read_calendar(call: Call[Nothing, ShiftsQuery]) -> web.StreamResponse:
    """Download a rota as a calendar."""
    now = call.services.clock.now()
    since = call.query.since or now
    until = call.query.until or since + SPAN
    rosters = call.services.care.rosters
    roster = await rosters.read(call.actor, call.path["id"], since, until)
    calendar = to_calendar(roster.entries, roster.rota.id, roster.rota.name, now)
    return calendar_response(calendar, "roster.ics")


@routes.post("/api/v1/rotas/{id}/roster", body=RosterBody, answers={200: TakenView})
async def take_in(call: Call[RosterBody, Nothing]) -> Answer:
    """Take a roster in, or see first what that would do."""
    rosters, body = call.services.care.rosters, call.body
    zone = zone_of(await rosters.zone(call.actor, call.path["id"]))
    is_csv = body.format is Format.CSV
    entries = from_csv(body.text) if is_csv else from_calendar(body.text, zone)
    use = rosters.preview if body.preview else rosters.take_in
    taken = await use(call.actor, call.path["id"], entries, replaces=body.replaces)
    return Answer(200, TakenView.of(taken))


@routes.post("/api/v1/me/duty-feed", answers={201: FeedView})
async def renew(call: Call[Nothing, Nothing]) -> Answer:
    """Renew the password of one's calendar feed."""
    user, secret = await call.services.care.rosters.renew_feed(call.actor)
    return Answer(201, FeedView(address="/api/v1/duty.ics", user=user.email, password=secret))


@routes.delete("/api/v1/me/duty-feed", answers={204: None})
async def end(call: Call[Nothing, Nothing]) -> Answer:
    """End one's calendar feed."""
    await call.services.care.rosters.end_feed(call.actor)
    return Answer(204)


@routes.get("/api/v1/duty.ics", public=True, answers={200: None})
async def mine(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """Follow one's own duties."""
    return await _feed(call, None)


@routes.get("/api/v1/rotas/{id}/duty.ics", public=True, answers={200: None})
async def whole(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """Follow a rota's duties."""
    return await _feed(call, call.path["id"])


async def _feed(call: Call[Nothing, Nothing], rota: str | None) -> web.StreamResponse:
    try:
        user, secret = _basic(call.request.headers.get("Authorization", ""))
        title, rosters = await call.services.care.rosters.feed(user, secret, rota)
    except Unauthenticated as error:
        refused = problem_response(error.code, str(error))
        refused.headers["WWW-Authenticate"] = 'Basic realm="duty", charset="UTF-8"'
        return refused
    now = call.services.clock.now()
    calendar = to_calendar(in_one(rosters), rota or "mine", title, now)
    return calendar_response(calendar, "duty.ics")


def _basic(header: str) -> tuple[str, str]:
    """User and password (RFC 7617). Raises Unauthenticated."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise Unauthenticated
    try:
        user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Unauthenticated from error
    if not colon:
        raise Unauthenticated
    return user, password
