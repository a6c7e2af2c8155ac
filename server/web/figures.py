"""Use and quality of the network over HTTP."""

from __future__ import annotations

from typing import Annotated

from aiohttp import web
from pydantic import Field

from server.domain.figures import MONTHS_LIMIT, Measure
from server.domain.rooms import RoomKind
from server.web.models import Nothing, Strict, View
from server.web.routing import Answer, Call, Routes

routes = Routes("figures")


class SpanQuery(Strict):
    """How many months, this one included."""

    months: Annotated[int, Field(ge=1, le=MONTHS_LIMIT)] = 12


class UseView(View):
    """*Use* of docs/protocol.md."""

    month: str
    service: RoomKind
    opened: int
    called: int


class ShareView(View):
    """*Share* of docs/protocol.md."""

    measure: Measure
    met: int
    of: int
    rate: float | None


class FiguresView(View):
    """What was done month by month, and how well in the whole time."""

    months: list[str]
    use: list[UseView]
    quality: list[ShareView]


@routes.get("/api/v1/figures", query=SpanQuery, answers={200: FiguresView}, administrator=True)
async def read(call: Call[Nothing, SpanQuery]) -> Answer:
    """Use and quality by service."""
    found = await call.services.care.figures.read(call.actor, call.query.months)
    view = FiguresView(
        months=[f"{month:%Y-%m}" for month in found.span.months],
        use=[UseView.model_validate(one.to_wire()) for one in found.use],
        quality=[ShareView.model_validate(one.to_wire()) for one in found.quality],
    )
    return Answer(200, view)


@routes.get("/api/v1/figures.csv", query=SpanQuery, answers={200: None}, administrator=True)
async def read_csv(call: Call[Nothing, SpanQuery]) -> web.StreamResponse:
    """Use by service and month, as CSV."""
    text = await call.services.care.figures.csv(call.actor, call.query.months)
    headers = {
        "Content-Disposition": 'attachment; filename="use.csv"',
        "Cache-Control": "private, no-store",
    }
    return web.Response(text=text, content_type="text/csv", headers=headers)
