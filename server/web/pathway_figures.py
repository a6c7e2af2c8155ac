"""The figures of follow-up over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from aiohttp import web
from pydantic import AfterValidator

from server.services.pathway_figures import FigureRow, as_table
from server.web.models import Nothing, Strict, View
from server.web.routing import Answer, Call, Routes

routes = Routes("pathways")


def _in_reach(day: date) -> date:
    if not 2000 <= day.year < 2200:
        raise ValueError("this year is out of reach")
    return day


Day = Annotated[date, AfterValidator(_in_reach)]


class FiguresQuery(Strict):
    """Which months, by a day in the first and in the last; the last twelve unless said."""

    first: Day | None = None
    last: Day | None = None


class FigureView(View):
    """*Figure* of docs/protocol.md."""

    hospital: str
    hospital_name: str
    month: str
    due: int
    on_time: int
    late: int
    not_held: int


class FiguresView(View):
    """By month, then hospital."""

    items: list[FigureView]


@routes.get("/api/v1/pathway-figures", query=FiguresQuery, answers={200: FiguresView})
async def read(call: Call[Nothing, FiguresQuery]) -> Answer:
    """Visits due, on time and late, by month and hospital."""
    found = await _read(call)
    items = [FigureView.model_validate(row.to_wire()) for row in found]
    return Answer(200, FiguresView(items=items))


@routes.get("/api/v1/pathway-figures/csv", query=FiguresQuery, answers={200: None}, streams=True)
async def download(call: Call[Nothing, FiguresQuery]) -> web.StreamResponse:
    """The same as a spreadsheet's table."""
    return web.Response(
        text=as_table(await _read(call)),
        content_type="text/csv",
        charset="utf-8",
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": 'attachment; filename="follow-up.csv"',
        },
    )


async def _read(call: Call[Nothing, FiguresQuery]) -> list[FigureRow]:
    figures = call.services.care.follow_up.figures
    return await figures.read(call.actor, call.query.first, call.query.last)
