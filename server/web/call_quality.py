"""The quality record of calls over HTTP."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Sequence
from itertools import groupby
from typing import Annotated

from pydantic import Field

from server.domain.call_quality import DAYS_LIMIT, LinkPath, Minute
from server.domain.errors import Invalid
from server.domain.rooms import RoomKind
from server.services.call_quality import CallRecord
from server.services.ports.call_quality import Worst
from server.web.models import Instant, Nothing, Strict, View
from server.web.routing import Answer, Call, Routes

routes = Routes("call quality")

Id = Annotated[str, Field(max_length=80, pattern=r"^[!-~]+$")]


class RecordQuery(Strict):
    """Which call of the room; the newest unless told."""

    call: Id | None = None


class DaysQuery(Strict):
    """How far back."""

    days: Annotated[int, Field(ge=1, le=DAYS_LIMIT)] = 7


class WorstQuery(DaysQuery):
    """Which calls."""

    site: Id | None = None
    path: LinkPath | None = None
    cursor: Annotated[str, Field(max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class MinuteView(View):
    """*QualityMinute* of docs/protocol.md."""

    at: Instant
    score: float
    score_min: float
    loss_up: float | None
    loss_down: float | None
    jitter_ms: float | None
    rtt_ms: float | None
    kbps_up: float
    kbps_down: float
    height_up: int | None
    height_down: int | None
    freezes: int
    frozen_s: float
    path: LinkPath | None


class PersonView(View):
    """One person's link; `name` is null where it is not told, `site` null for guests."""

    person: str
    name: str | None
    site: str | None
    minutes: list[MinuteView]


class CallView(View):
    """One call, person by person."""

    call: str
    people: list[PersonView]

    @classmethod
    def of(cls, record: CallRecord) -> CallView:
        """The view of a record."""
        return cls(call=record.call, people=_people(record))


class SpanView(View):
    """When a call was."""

    call: str
    begun_at: Instant
    ended_at: Instant


class RoomRecordView(View):
    """Calls of a room, newest first, and one of them."""

    calls: list[SpanView]
    shown: CallView | None


class SummaryView(View):
    """*CallSummary* of docs/protocol.md."""

    call: str
    kind: RoomKind
    begun_at: Instant
    ended_at: Instant
    people: int
    minutes: int
    poor_minutes: int
    score: float
    score_min: float
    loss: float | None
    rtt_ms: float | None
    freezes: int
    frozen_s: float


class WorstView(View):
    """A page of calls, worst first."""

    items: list[SummaryView]
    next: str | None


class ShareView(View):
    """*PathShare* of docs/protocol.md."""

    site: str | None
    site_name: str | None
    path: LinkPath | None
    minutes: int
    poor_minutes: int
    score: float
    loss: float | None
    rtt_ms: float | None


class SharesView(View):
    """By site and path."""

    items: list[ShareView]


@routes.get(
    "/api/v1/rooms/{id}/quality",
    query=RecordQuery,
    answers={200: RoomRecordView},
    room_token=True,
)
async def of_room(call: Call[Nothing, RecordQuery]) -> Answer:
    """Show what the links of a room's call were like; guests see themselves only."""
    found = await call.services.call_quality.of_room(call.actor, call.path["id"], call.query.call)
    spans = [
        SpanView(call=one.call, begun_at=one.begun_at, ended_at=one.ended_at) for one in found.calls
    ]
    shown = CallView.of(found.shown) if found.shown else None
    return Answer(200, RoomRecordView(calls=spans, shown=shown))


@routes.get("/api/v1/call-quality", query=WorstQuery, answers={200: WorstView}, administrator=True)
async def worst(call: Call[Nothing, WorstQuery]) -> Answer:
    """List the network's calls, worst first."""
    query = call.query
    after = None if query.cursor is None else read_cursor(query.cursor)
    page = await call.services.call_quality.worst(
        call.actor, query.days, query.limit, site=query.site, path=query.path, after=after
    )
    items = [SummaryView.model_validate(one.to_wire()) for one in page.items]
    return Answer(200, WorstView(items=items, next=write_cursor(page.next) if page.next else None))


@routes.get(
    "/api/v1/call-quality/paths", query=DaysQuery, answers={200: SharesView}, administrator=True
)
async def shares(call: Call[Nothing, DaysQuery]) -> Answer:
    """Show how links did by site and path."""
    found = await call.services.call_quality.shares(call.actor, call.query.days)
    return Answer(200, SharesView(items=[ShareView.model_validate(one.to_wire()) for one in found]))


@routes.get("/api/v1/call-quality/calls/{call}", answers={200: CallView}, administrator=True)
async def of_call(call: Call[Nothing, Nothing]) -> Answer:
    """Show one call's links; patients and other guests have no name here."""
    record = await call.services.call_quality.of_call(call.actor, call.path["call"])
    return Answer(200, CallView.of(record))


def write_cursor(place: Worst) -> str:
    """An opaque word for a place in the list."""
    return base64.urlsafe_b64encode(f"{place.score!r} {place.call}".encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> Worst:
    """The place it stands for. Raises Invalid."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        score, call = text.split(" ")
        if not call.isprintable() or not math.isfinite(float(score)):
            raise ValueError("out of reach")
        return Worst(float(score), call)
    except (ValueError, binascii.Error) as error:
        raise Invalid("The cursor is not one of ours.", path="cursor") from error


def _people(record: CallRecord) -> list[PersonView]:
    def whose(one: Minute) -> str:
        return one.seat.person

    return [
        _person(person, record.names.get(person), list(minutes))
        for person, minutes in groupby(sorted(record.minutes, key=whose), key=whose)
    ]


def _person(person: str, name: str | None, minutes: Sequence[Minute]) -> PersonView:
    return PersonView(
        person=person,
        name=name,
        site=minutes[0].seat.site,
        minutes=[MinuteView.model_validate(one.to_wire()) for one in minutes],
    )
