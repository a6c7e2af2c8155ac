"""The quality of a rota, and requests for its shifts, over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from server.domain.rota_requests import NOTE_LIMIT, RequestState, ShiftRequest, Stretch
from server.services.rota_quality import LISTED, Quality
from server.services.rota_requests import Requests
from server.web.models import Instant, Nothing, Strict, View
from server.web.rooms import When
from server.web.rota_models import Id, MemberView
from server.web.routing import Answer, Call, Routes

routes = Routes("rotas")


class StretchBody(Strict):
    """From `start` until just before `end`."""

    start: When
    end: When

    def to_stretch(self) -> Stretch:
        """The domain's."""
        return Stretch.of(self.start, self.end)


class AskBody(Strict):
    """Whom to ask for which shift; with `taken` it is a swap."""

    asked: Id
    given: StretchBody
    taken: StretchBody | None = None
    note: Annotated[str, Field(max_length=NOTE_LIMIT)] = ""


class StretchView(View):
    """From `start` until just before `end`."""

    start: Instant
    end: Instant


class RequestView(View):
    """Somebody asks a colleague to take a shift, or to exchange two."""

    id: str
    asker: MemberView
    asked: MemberView
    given: StretchView
    taken: StretchView | None
    note: str
    state: RequestState
    created_at: Instant
    expires_at: Instant
    may_answer: bool
    may_withdraw: bool

    @classmethod
    def of(cls, seen: Requests, one: ShiftRequest) -> RequestView:
        """The view of a request."""
        is_open = one.state is RequestState.OPEN
        return cls(
            id=one.id,
            asker=MemberView(id=one.asker, name=seen.people[one.asker].name),
            asked=MemberView(id=one.asked, name=seen.people[one.asked].name),
            given=StretchView(start=one.given.start, end=one.given.end),
            taken=StretchView(start=one.taken.start, end=one.taken.end) if one.taken else None,
            note=one.note,
            state=one.state,
            created_at=one.created_at,
            expires_at=one.expires_at,
            may_answer=is_open and one.asked == seen.me,
            may_withdraw=is_open and one.asker == seen.me,
        )


class RequestsView(View):
    """The newest first."""

    items: list[RequestView]


class LoadView(View):
    """What one person carries in the year ahead."""

    member: MemberView
    hours: float
    nights: int
    days_off: int
    reachable: bool
    """Has a contact besides an open page."""


class GapView(View):
    """When nobody is on duty, or somebody who may no longer."""

    start: Instant
    end: Instant
    member: MemberView | None


class OverlapView(View):
    """Somebody on two rotas at once."""

    start: Instant
    end: Instant
    member: MemberView
    rota: str
    rota_name: str


class QualityView(View):
    """*Quality* of docs/protocol.md."""

    since: Instant
    until: Instant
    gap_count: int
    gap_hours: float
    gaps: list[GapView]
    overlap_count: int
    overlaps: list[OverlapView]
    imbalance: float
    loads: list[LoadView]

    @classmethod
    def of(cls, quality: Quality) -> QualityView:
        """The view of a report."""

        def member(person: str) -> MemberView:
            return MemberView(id=person, name=quality.people[person].name)

        return cls(
            since=quality.start,
            until=quality.end,
            gap_count=len(quality.gaps),
            gap_hours=_hours(quality.gap_time),
            gaps=[
                GapView(
                    start=each.start,
                    end=each.end,
                    member=member(each.member) if each.member else None,
                )
                for each in quality.gaps[:LISTED]
            ],
            overlap_count=len(quality.overlaps),
            overlaps=[
                OverlapView(
                    start=each.start,
                    end=each.end,
                    member=member(each.member),
                    rota=each.other,
                    rota_name=quality.others[each.other],
                )
                for each in quality.overlaps[:LISTED]
            ],
            imbalance=round(quality.imbalance, 3),
            loads=[
                LoadView(
                    member=member(person),
                    hours=_hours(load.time),
                    nights=load.nights,
                    days_off=load.days_off,
                    reachable=person not in quality.unreachable,
                )
                for person, load in quality.loads.items()
            ],
        )


@routes.get("/api/v1/rotas/{id}/quality", answers={200: QualityView})
async def quality(call: Call[Nothing, Nothing]) -> Answer:
    """Tell how good a rota is."""
    report = await call.services.care.rota_quality.report(call.actor, call.path["id"])
    return Answer(200, QualityView.of(report))


@routes.get("/api/v1/rotas/{id}/requests", answers={200: RequestsView})
async def index(call: Call[Nothing, Nothing]) -> Answer:
    """List the requests for shifts."""
    seen = await call.services.care.rota_requests.list(call.actor, call.path["id"])
    return Answer(200, RequestsView(items=[RequestView.of(seen, one) for one in seen.items]))


@routes.post("/api/v1/rotas/{id}/requests", body=AskBody, answers={201: RequestView}, creates=True)
async def ask(call: Call[AskBody, Nothing]) -> Answer:
    """Ask a colleague."""
    body = call.body
    taken = body.taken.to_stretch() if body.taken else None
    seen = await call.services.care.rota_requests.ask(
        call.actor, call.path["id"], body.asked, body.given.to_stretch(), taken, body.note
    )
    return Answer(201, RequestView.of(seen, seen.items[0]))


@routes.post("/api/v1/rotas/{id}/requests/{request}/accept", answers={200: RequestView})
async def accept(call: Call[Nothing, Nothing]) -> Answer:
    """Take the shift."""
    seen = await call.services.care.rota_requests.accept(
        call.actor, call.path["id"], call.path["request"]
    )
    return Answer(200, RequestView.of(seen, seen.items[0]))


@routes.post("/api/v1/rotas/{id}/requests/{request}/decline", answers={200: RequestView})
async def decline(call: Call[Nothing, Nothing]) -> Answer:
    """Decline the shift."""
    seen = await call.services.care.rota_requests.decline(
        call.actor, call.path["id"], call.path["request"]
    )
    return Answer(200, RequestView.of(seen, seen.items[0]))


@routes.post("/api/v1/rotas/{id}/requests/{request}/withdraw", answers={200: RequestView})
async def withdraw(call: Call[Nothing, Nothing]) -> Answer:
    """Ask no longer."""
    seen = await call.services.care.rota_requests.withdraw(
        call.actor, call.path["id"], call.path["request"]
    )
    return Answer(200, RequestView.of(seen, seen.items[0]))


def _hours(time: timedelta) -> float:
    return round(time / timedelta(hours=1), 2)
